"""The interface's words in Chinese and English: for pages, mails, feeds' footers and forms.

`of(language)` gives a `Words`: one attribute a phrase, the same attributes in each language.
Phrases with a value in them have a {name}; `fill` puts it in. Dates keep the precision that
they were given with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from syndicate.model import GivenDate

_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """Every phrase of the interface in one language."""

    language: str
    # attribution (contract §6)
    source: str
    author: str
    editor: str
    published: str
    updated: str
    original: str
    original_title: str
    rights: str
    licence: str
    via: str
    also: str
    attribution: str
    untitled: str
    unknown: str
    # frame
    home: str
    columns: str
    column: str
    article: str
    search: str
    subscribe: str
    skip: str
    breadcrumb: str
    contact: str
    sponsor: str
    supervisor: str
    email: str
    phone: str
    report_phone: str
    address: str
    im: str
    notices: str
    about_notices: str
    feeds: str
    sources: str
    claims: str
    follow: str
    rest: str
    # lists
    newest: str
    more: str
    all_of: str
    months: str
    month_of: str
    earlier: str
    later: str
    nothing: str
    nothing_column: str
    nothing_site: str
    page_of: str
    # article
    read_original: str
    summary_only: str
    link_only: str
    previous: str
    next: str
    neighbours: str
    files: str
    notice_entry: str
    notice_site: str
    notice_source: str
    read_notices: str
    own_notice: str
    reprinted: str
    # other pages
    sources_intro: str
    nothing_sources: str
    entries_count: str
    permission: str
    notices_intro: str
    nothing_notices: str
    claim_intro: str
    search_intro: str
    search_field: str
    search_none: str
    search_found: str
    search_loading: str
    search_error: str
    search_without_script: str
    search_scope: str
    taken_down: str
    taken_down_text: str
    editions: str
    editions_intro: str
    edition: str
    nothing_editions: str
    digests: str
    feed_how: str
    taken_down_days: str
    # mail
    read_in_browser: str
    items: str
    contents: str
    preheader_more: str
    why_mail: str
    preferences: str
    unsubscribe: str
    truncated: str
    correction: str
    correction_text: str
    profile: str
    # forms
    your_email: str
    which_digests: str
    which_columns: str
    all_columns: str
    frequency: str
    every_edition: str
    daily: str
    weekly: str
    language_word: str
    timezone: str
    sign_up: str
    confirm: str
    save: str
    pause: str
    resume: str
    export: str
    erase: str
    send: str
    check_mail: str
    confirmed: str
    unsubscribed: str
    saved: str
    bad_token: str
    not_found: str
    too_many: str
    comma: str
    colon: str

    def __getitem__(self, name: str) -> str:
        """A phrase by its name; KeyError for one that is not there."""
        try:
            return str(getattr(self, name))
        except AttributeError:
            raise KeyError(name) from None

    def fill(self, name: str, **values: object) -> str:
        """A phrase with its {names} filled in; values are plain text, never a format."""
        text = self[name]
        for key, value in values.items():
            text = text.replace("{" + key + "}", str(value))
        return text

    def fill(self, name: str, **values: object) -> str:
        """A phrase with its {names} filled in; what is in the values is never a format."""
        text = str(getattr(self, name))
        for key, value in values.items():
            text = text.replace("{" + key + "}", str(value))
        return text

    def exact(self, given: GivenDate | None) -> str:
        """A date as it was given, offset and all: 2022-06-24 09:30+08:00."""
        return given.text.replace("T", " ") if given else ""

    def month(self, month: str) -> str:
        """`YYYY-MM` in words: 2026年11月, November 2026."""
        return self.date(GivenDate(month))

    def date(self, given: GivenDate | None) -> str:
        """A date at its own precision: `2022`, `2022-06`, `2022-06-24`, `2022-06-24 09:30+08:00`.

        The day is written as ISO 8601 in both languages: the one way that Chinese and English
        readers both know, and that cannot be taken for another day.
        """
        if given is None:
            return ""
        return given.text.replace("T", " ")

    def day(self, moment: datetime) -> str:
        """The day of a moment, in the moment's own zone: `2026年11月24日`, `24 November 2026`."""
        if self.is_chinese:
            return f"{moment.year}年{moment.month}月{moment.day}日"
        return f"{moment.day} {_ENGLISH_MONTHS[moment.month - 1]} {moment.year}"

    def month(self, month: str) -> str:
        """A month `YYYY-MM` in words: `2026年11月`, `November 2026`."""
        year, _, number = month.partition("-")
        if self.is_chinese:
            return f"{int(year)}年{int(number)}月"
        return f"{_ENGLISH_MONTHS[int(number) - 1]} {int(year)}"

    @property
    def is_chinese(self) -> bool:
        return self.language.startswith("zh")


_CHINESE = Words(
    language="zh-CN",
    source="来源",
    author="作者",
    editor="编辑",
    published="发布时间",
    updated="更新时间",
    original="原文链接",
    original_title="原题",
    rights="版权",
    licence="许可",
    via="转载自",
    also="另见",
    attribution="出处",
    untitled="无标题",
    unknown="未注明",
    home="首页",
    columns="栏目",
    column="栏目",
    article="正文",
    search="搜索",
    subscribe="订阅",
    skip="跳到正文",
    breadcrumb="当前位置",
    contact="联系我们",
    sponsor="主办",
    supervisor="主管",
    email="邮箱",
    phone="电话",
    report_phone="举报电话",
    address="地址",
    im="即时通讯",
    notices="版权与声明",
    about_notices="转载声明全文",
    feeds="订阅源",
    sources="文章来源",
    claims="权利人申诉",
    follow="用阅读器或邮件订阅",
    rest="其他",
    newest="最新",
    more="更多",
    all_of="{column}的全部文章",
    months="按月查看",
    month_of="{month}的文章",
    earlier="更早",
    later="更新",
    nothing="这里还没有文章。",
    nothing_column="这个栏目还没有文章。有新文章时会出现在这里，也会出现在它的订阅源里。",
    nothing_site="这里还没有文章。文章到达后，会按栏目列在这里；现在就可以先订阅，到时会收到。",
    page_of="第 {page} 页，共 {pages} 页",
    read_original="阅读原文",
    summary_only="此处为摘要，全文见原文。",
    link_only="全文见原文。",
    previous="上一篇",
    next="下一篇",
    neighbours="同栏目的前后文章",
    files="附件",
    notice_entry="文中声明",
    notice_site="转载网站的声明",
    notice_source="来源的声明",
    read_notices="查看全部声明",
    own_notice="本站原创",
    reprinted="转载",
    sources_intro="本站文章转载自以下来源。每篇文章都注明出处，并链接到原文。",
    nothing_sources=(
        "还没有配置来源。在 config.toml 里加上 [[sources]]，或运行 syndicate add 网址。"
    ),
    entries_count="{count} 篇",
    permission="授权",
    notices_intro="转载文章适用以下声明。",
    nothing_notices="本站没有另外的声明。每篇文章自带的声明原样附在文后。",
    claim_intro="如果您是权利人，请在 {days} 日内与我们联系；也可以在线提交申诉。",
    search_intro="搜索标题和正文。",
    search_field="要找的词",
    search_none="没有找到。换一个更短的词试试。",
    search_found="找到 {count} 篇",
    search_loading="正在查找……",
    search_error="索引没有读到，请稍后再试。",
    search_without_script=(
        "搜索在您的浏览器里进行，需要 JavaScript。没有它时，可以从下面的栏目和月份浏览，"
        "或用浏览器的“在页面中查找”。"
    ),
    search_scope="索引包括最新的约 {count} 篇文章；更早的请按栏目和月份查看。",
    taken_down="这篇文章已经下架",
    taken_down_text="应权利人或编辑的要求，这篇文章已经从本站、订阅源和邮件中撤下。",
    editions="往期邮件",
    editions_intro="这份邮件摘要的往期，新的在前。",
    edition="第 {edition} 期",
    nothing_editions="第一期发出后会列在这里。现在就可以订阅。",
    digests="邮件摘要",
    feed_how="这是一个订阅源。把本页网址复制到阅读器里，有新文章时就会收到。",
    taken_down_days="处理期限：{days} 日",
    read_in_browser="在浏览器中阅读",
    items="{count} 篇文章",
    contents="目录",
    preheader_more="等 {count} 篇",
    why_mail="您收到这封邮件，是因为 {email} 订阅了{digest}。",
    preferences="订阅设置",
    unsubscribe="退订",
    truncated="邮件到此为止，其余文章请在浏览器中阅读。",
    correction="更正",
    correction_text="我们此前发给您的下面这篇文章已经下架：",
    profile="关于本站",
    your_email="您的邮箱",
    which_digests="要订阅的邮件",
    which_columns="只要这些栏目",
    all_columns="全部栏目",
    frequency="频率",
    every_edition="每期都发",
    daily="每天一封",
    weekly="每周一封",
    language_word="语言",
    timezone="时区",
    sign_up="订阅",
    confirm="确认订阅",
    save="保存",
    pause="暂停",
    resume="恢复",
    export="导出我的资料",
    erase="删除我的全部资料",
    send="提交",
    check_mail="如果这个地址可以订阅，我们已经发出一封确认邮件。请打开其中的链接。",
    confirmed="订阅已经确认。",
    unsubscribed="已经退订，不会再收到这份邮件。",
    saved="设置已经保存。",
    bad_token="这个链接已经失效，或者不完整。",
    not_found="没有这个页面。",
    too_many="请求太多，请稍后再试。",
    comma="、",
    colon="：",
)

_ENGLISH = Words(
    language="en",
    source="Source",
    author="Author",
    editor="Editor",
    published="Published",
    updated="Updated",
    original="Original",
    original_title="Original title",
    rights="Rights",
    licence="Licence",
    via="Via",
    also="See also",
    attribution="Attribution",
    untitled="Untitled",
    unknown="not stated",
    home="Home",
    columns="Sections",
    column="Section",
    article="Article",
    search="Search",
    subscribe="Subscribe",
    skip="Skip to the text",
    breadcrumb="You are here",
    contact="Contact",
    sponsor="Sponsor",
    supervisor="Supervisor",
    email="E-mail",
    phone="Telephone",
    report_phone="Report line",
    address="Address",
    im="Messenger",
    notices="Rights and notices",
    about_notices="All notices on reprints",
    feeds="Feeds",
    sources="Sources",
    claims="Claims by rightsholders",
    follow="Follow by feed or mail",
    rest="Other",
    newest="Newest",
    more="More",
    all_of="Everything in {column}",
    months="By month",
    month_of="Articles of {month}",
    earlier="Earlier",
    later="Later",
    nothing="Nothing here yet.",
    nothing_column="Nothing in this section yet. New articles will appear here and in its feeds.",
    nothing_site=(
        "Nothing here yet. Articles will be listed here by section as they arrive; "
        "subscribe now, and they will come to you."
    ),
    page_of="Page {page} of {pages}",
    read_original="Read the original",
    summary_only="This is a summary; the full text is at the original.",
    link_only="The full text is at the original.",
    previous="Previous",
    next="Next",
    neighbours="Neighbours in this section",
    files="Files",
    notice_entry="Notice in the article",
    notice_site="Notice of the site it was reprinted from",
    notice_source="Notice of the source",
    read_notices="Read all notices",
    own_notice="Our own article",
    reprinted="Reprint",
    sources_intro=(
        "Articles here are reprinted from these sources. Each names where it came from "
        "and links to the original."
    ),
    nothing_sources=(
        "No source is configured yet. Add [[sources]] to config.toml, or run syndicate add URL."
    ),
    entries_count="{count} articles",
    permission="Permission",
    notices_intro="These notices go with every reprint.",
    nothing_notices=(
        "This site has no notices of its own. Those that came with an article stand under it."
    ),
    claim_intro=(
        "If you hold the rights to something here, please reach us within {days} days, "
        "or file a claim online."
    ),
    search_intro="Search titles and texts.",
    search_field="Words to look for",
    search_none="Nothing found. Try a shorter word.",
    search_found="{count} found",
    search_loading="Searching…",
    search_error="The index could not be read; please try again later.",
    search_without_script=(
        "Search runs in your browser and needs JavaScript. Without it, browse the sections "
        "and months below, or use your browser's “find in page”."
    ),
    search_scope="The index has the newest {count} articles or so; earlier ones are under "
    "sections and months.",
    taken_down="This article was taken down",
    taken_down_text=(
        "At the request of its rightsholder or by an editor's decision, this article is no "
        "longer on this site, in its feeds or in its mails."
    ),
    editions="Editions",
    editions_intro="Past editions of this digest, newest first.",
    edition="Edition of {edition}",
    nothing_editions="The first edition will be listed here once it is out. Subscribe now.",
    digests="Mail digests",
    feed_how="This is a feed. Copy this page's address into a reader to get new articles.",
    taken_down_days="Dealt with within {days} days",
    read_in_browser="Read in the browser",
    items="{count} articles",
    contents="Contents",
    preheader_more="and {count} in all",
    why_mail="You get this mail because {email} subscribed to {digest}.",
    preferences="Preferences",
    unsubscribe="Unsubscribe",
    truncated="The mail ends here; please read the rest in the browser.",
    correction="Correction",
    correction_text="This article, which we mailed you earlier, was taken down:",
    profile="About this site",
    your_email="Your e-mail address",
    which_digests="Digests to subscribe to",
    which_columns="Only these sections",
    all_columns="All sections",
    frequency="How often",
    every_edition="Every edition",
    daily="Once a day",
    weekly="Once a week",
    language_word="Language",
    timezone="Time zone",
    sign_up="Subscribe",
    confirm="Confirm the subscription",
    save="Save",
    pause="Pause",
    resume="Resume",
    export="Export my data",
    erase="Erase all my data",
    send="Send",
    check_mail=(
        "If this address can subscribe, we have sent a confirmation mail. "
        "Please open the link in it."
    ),
    confirmed="The subscription is confirmed.",
    unsubscribed="You are unsubscribed and will not get this mail again.",
    saved="Your preferences are saved.",
    bad_token="This link has expired, or is not complete.",
    not_found="There is no such page.",
    too_many="Too many requests; please try again later.",
    comma=", ",
    colon=": ",
)


@lru_cache(maxsize=64)
def of(language: str) -> Words:
    """The words of a language tag: any zh in Chinese, everything else in English."""
    return _CHINESE if language.lower().replace("_", "-").split("-")[0] == "zh" else _ENGLISH
