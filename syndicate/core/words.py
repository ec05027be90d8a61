"""The interface's words in Chinese and English, both complete; dates as each language writes them.

A theme or a mail asks for `words.source` and gets 来源 or Source. Another language gets English.
"""

# ruff: noqa: E501 - a phrase stands on one line

from __future__ import annotations

from dataclasses import dataclass

from syndicate.model import GivenDate


@dataclass(frozen=True, slots=True)
class Words:
    """Every word that pages, mails and feeds show of our own; `{…}` are filled with `str.format`."""

    language: str
    # attribution
    source: str
    author: str
    editor: str
    site_editor: str
    labels: str
    label_advertisement: str
    label_sponsored: str
    label_ai: str
    label_correction: str
    expires: str
    published: str
    updated: str
    received: str
    original: str
    original_title: str
    rights: str
    terms: str
    tdm_reserved: str
    tdm_allowed: str
    policy: str
    licence: str
    via: str
    also: str
    notices: str
    # navigation
    home: str
    columns: str
    column: str
    search: str
    subscribe: str
    feeds: str
    sources: str
    archive: str
    text: str
    previous: str
    next: str
    newer: str
    older: str
    more: str
    skip: str
    all_columns: str
    editions: str
    claims: str
    contact: str
    about: str
    # pages
    taken_down: str
    taken_down_why: str
    expired: str
    expired_why: str
    nothing_yet: str
    nothing_yet_what: str
    read_original: str
    summary_only: str
    by_feed: str
    feed_how: str
    search_hint: str
    search_nothing: str
    search_no_script: str
    notices_intro: str
    sources_intro: str
    entries: str
    sponsor: str
    supervisor: str
    phone: str
    report_phone: str
    email: str
    address: str
    im: str
    untitled: str
    # mail
    in_browser: str
    contents: str
    item: str  # one of them
    items: str
    why_you_get_this: str
    preferences: str
    unsubscribe: str
    removed: str
    correction: str
    correction_text: str
    # subscriptions
    confirm: str
    confirm_subject: str
    confirm_text: str
    confirm_page: str
    confirmed: str
    check_mail: str
    unsubscribe_page: str
    unsubscribed: str
    your_address: str
    which_digests: str
    which_columns: str
    how_often: str
    each_edition: str
    daily: str
    weekly: str
    save: str
    saved: str
    pause_until: str
    export: str
    erase: str
    erased: str
    language_name: str
    time_zone: str
    text_only: str
    bad_link: str
    # claims
    claim_intro: str
    claim_kind: str
    claim_takedown: str
    claim_royalty: str
    claim_url: str
    claim_text: str
    claim_name: str
    claim_send: str
    claim_received: str
    # more of the pages
    attribution: str
    breadcrumb: str
    site_columns: str
    reprinted: str
    own: str
    follow: str
    rest: str
    all_of: str
    months: str
    all_months: str
    page_number: str
    month_of: str
    link_only: str
    neighbours: str
    files: str
    notice_entry: str
    notice_site: str
    notice_source: str
    notice_ours: str
    read_notices: str
    nothing_notices: str
    nothing_sources: str
    newest_of: str
    former_source: str
    permission: str
    site_feed: str
    search_do: str
    search_found: str
    search_loading: str
    search_error: str
    search_scope: str
    digests: str
    editions_intro: str
    nothing_editions: str
    follow_mail: str
    mail_how: str
    not_found: str
    too_many: str
    # separators
    list_separator: str
    colon: str

    def join(self, names: list[str] | tuple[str, ...]) -> str:
        """Names after one another, as the language separates them."""
        return self.list_separator.join(names)

    def fill(self, name: str, **values: object) -> str:
        """A phrase with its {names} filled in; what is in the values is never a format."""
        text = str(getattr(self, name))
        for key, value in values.items():
            text = text.replace("{" + key + "}", str(value))
        return text

    def counted(self, count: int) -> str:
        """How many articles: 3 篇, 1 article, 2 articles."""
        return self.fill("item" if count == 1 else "items", count=count)

    def exact(self, given: GivenDate | None) -> str:
        """A date as it was given, offset and all: 2022-06-24 09:30+08:00."""
        return given.text.replace("T", " ") if given else ""

    def month(self, month: str) -> str:
        """`YYYY-MM` in words: 2026年11月, November 2026."""
        return self.date(GivenDate(month))

    def date(self, given: GivenDate | None) -> str:
        """A date at its own precision: 2022年6月24日 09:30, 24 June 2022."""
        if given is None:
            return ""
        day, _, time = given.text.partition("T")
        shown = _chinese_day(day) if self.language.startswith("zh") else _english_day(day)
        clock = time[:8] if len(time) > 5 and time[5] == ":" else time[:5]
        return f"{shown} {clock}".strip()


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def _chinese_day(day: str) -> str:
    parts = [str(int(part)) for part in day.split("-")]
    return "".join(f"{part}{unit}" for part, unit in zip(parts, "年月日", strict=False))


def _english_day(day: str) -> str:
    year, *rest = (int(part) for part in day.split("-"))
    if not rest:
        return str(year)
    month = _MONTHS[rest[0] - 1]
    return f"{rest[1]} {month} {year}" if len(rest) > 1 else f"{month} {year}"


ZH = Words(
    language="zh-CN",
    source="来源",
    author="作者",
    editor="责任编辑",
    site_editor="本站责任编辑",
    labels="标注",
    label_advertisement="广告",
    label_sponsored="推广",
    label_ai="AI生成",
    label_correction="更正",
    expires="有效期至",
    published="发布时间",
    updated="更新时间",
    received="收录时间",
    original="原文链接",
    original_title="原标题",
    rights="版权",
    terms="使用限制",
    tdm_reserved="保留文本与数据挖掘权利",
    tdm_allowed="允许文本与数据挖掘",
    policy="许可条款",
    licence="许可",
    via="转载自",
    also="另见",
    notices="声明",
    home="首页",
    columns="栏目",
    column="栏目",
    search="搜索",
    subscribe="订阅",
    feeds="订阅源",
    sources="来源一览",
    archive="归档",
    text="正文",
    previous="上一篇",
    next="下一篇",
    newer="较新",
    older="较早",
    more="更多",
    skip="跳到正文",
    all_columns="全部栏目",
    editions="往期摘要",
    claims="权利人投诉",
    contact="联系我们",
    about="关于本站",
    taken_down="本文已撤下",
    taken_down_why="应权利人或编辑的要求，这篇文章已从本站撤下。",
    expired="本文已过有效期",
    expired_why="来源给这篇文章定的期限已到，本站不再刊登。",
    nothing_yet="这里还没有文章",
    nothing_yet_what="来源更新后，新文章会出现在这里。也可以先订阅，文章到了会通知您。",
    read_original="阅读原文",
    summary_only="本站只刊登摘要，全文请阅读原文。",
    by_feed="用阅读器订阅",
    feed_how="把这个地址复制到您的阅读器里，新文章会自动送达。",
    search_hint="输入词语，在标题和正文中查找",
    search_nothing="没有找到。换一个词试试，或到栏目中浏览。",
    search_no_script="搜索需要浏览器脚本。没有脚本时，可以在栏目和归档中浏览。",
    notices_intro="以下声明适用于本站转载的每一篇文章。",
    sources_intro="本站从以下来源收录文章，谨致谢意。",
    entries="篇",
    sponsor="主办",
    supervisor="主管",
    phone="电话",
    report_phone="监督电话",
    email="邮箱",
    address="地址",
    im="即时通讯",
    untitled="（无标题）",
    in_browser="在浏览器中阅读",
    contents="本期内容",
    item="{count} 篇",
    items="{count} 篇",
    why_you_get_this="您收到这封邮件，是因为 {email} 订阅了“{digest}”。",
    preferences="修改订阅",
    unsubscribe="退订",
    removed="本文已撤下",
    correction="更正：{title}",
    correction_text="我们此前寄给您的《{digest}》中，有一篇文章已被撤下，请勿再引用或转发：",
    confirm="确认订阅",
    confirm_subject="请确认订阅：{site}",
    confirm_text="有人（可能是您）用这个地址订阅了 {site}。如果是您，请打开下面的链接，并按一次按钮确认。如果不是，请忽略这封邮件，您不会再收到它。",
    confirm_page="按下按钮，开始接收邮件。",
    confirmed="订阅已确认，谢谢。",
    check_mail="请查看您的邮箱，并按其中的链接确认。",
    unsubscribe_page="按下按钮，不再接收这些邮件。",
    unsubscribed="已退订，您不会再收到这些邮件。",
    your_address="您的邮箱地址",
    which_digests="订阅哪些摘要",
    which_columns="只看这些栏目（不选为全部）",
    how_often="多久一次",
    each_edition="每期",
    daily="每天",
    weekly="每周",
    save="保存",
    saved="已保存。",
    pause_until="暂停到",
    export="导出我的数据",
    erase="删除我的数据",
    erased="您的数据已删除。",
    language_name="语言",
    time_zone="时区",
    text_only="只要纯文本",
    bad_link="这个链接无效，或已经用过。",
    claim_intro="如果您是权利人，请在这里告诉我们。我们会在 {days} 日内处理。",
    claim_kind="事由",
    claim_takedown="要求撤下",
    claim_royalty="索取稿酬",
    claim_url="文章地址",
    claim_text="说明",
    claim_name="您的姓名或单位",
    claim_send="提交",
    claim_received="已收到，编号 {number}，我们将在 {due} 前答复。",
    attribution="出处",
    breadcrumb="当前位置",
    site_columns="网站栏目",
    reprinted="转载",
    own="本站文章",
    follow="用阅读器或邮件订阅",
    rest="其他",
    all_of="“{column}”的全部文章",
    months="按月查看",
    all_months="全部月份",
    page_number="第 {number} 页",
    month_of="{month}的文章",
    link_only="全文请阅读原文。",
    neighbours="同栏目的前后文章",
    files="附件",
    notice_entry="文中声明",
    notice_site="转载网站的声明",
    notice_source="来源的声明",
    notice_ours="本站声明",
    read_notices="本站全部声明",
    nothing_notices="本站没有另外的声明。每篇文章自带的声明，原样附在文后。",
    nothing_sources="还没有来源。在 config.toml 中加上 [[sources]]，或运行 syndicate add。",
    newest_of="最近收录于 {date}",
    former_source="已不再收录",
    permission="授权",
    site_feed="全站",
    search_do="查找",
    search_found="找到 {count} 篇",
    search_loading="正在查找……",
    search_error="没有读到索引，请稍后再试。",
    search_scope="可以查找最新的大约 {count} 篇文章的标题和正文；更早的请在栏目中按月查看。",
    digests="邮件摘要",
    editions_intro="已经发出的各期，新的在前。",
    nothing_editions="还没有发出过。第一期发出后会列在这里，现在就可以订阅。",
    follow_mail="邮件",
    mail_how="选好要收的摘要，填上邮箱即可。",
    not_found="没有这个页面。",
    too_many="请求太多，请稍后再试。",
    list_separator="、",
    colon="：",
)

EN = Words(
    language="en",
    source="Source",
    author="Author",
    editor="Editor",
    site_editor="Editor at this site",
    labels="Marked as",
    label_advertisement="Advertisement",
    label_sponsored="Sponsored",
    label_ai="AI-generated",
    label_correction="Correction",
    expires="Valid until",
    published="Published",
    updated="Updated",
    received="Received",
    original="Original",
    original_title="Original title",
    rights="Rights",
    terms="Terms",
    tdm_reserved="text and data mining reserved",
    tdm_allowed="text and data mining allowed",
    policy="policy",
    licence="Licence",
    via="Republished from",
    also="Also published by",
    notices="Notices",
    home="Home",
    columns="Columns",
    column="Column",
    search="Search",
    subscribe="Subscribe",
    feeds="Feeds",
    sources="Sources",
    archive="Archive",
    text="Article",
    previous="Previous",
    next="Next",
    newer="Newer",
    older="Older",
    more="More",
    skip="Skip to content",
    all_columns="All columns",
    editions="Past editions",
    claims="Rights claims",
    contact="Contact",
    about="About this site",
    taken_down="This article was taken down",
    taken_down_why="It was removed from this site at the request of its rightsholder or an editor.",
    expired="This article's term is over",
    expired_why="Its source set an end to its publication; this site no longer carries it.",
    nothing_yet="Nothing here yet",
    nothing_yet_what="New articles appear here as soon as the sources have them. Subscribe to be told.",
    read_original="Read the original",
    summary_only="We show a summary only; the whole text is with the original.",
    by_feed="Subscribe by feed",
    feed_how="Copy this address into your feed reader; new articles will come by themselves.",
    search_hint="Words to find in titles and texts",
    search_nothing="Nothing found. Try another word, or browse the columns.",
    search_no_script="Search needs scripts. Without them, browse the columns and the archive.",
    notices_intro="These notices apply to every article that we republish.",
    sources_intro="We read these sources, with thanks.",
    entries="articles",
    sponsor="Published by",
    supervisor="Supervised by",
    phone="Phone",
    report_phone="Report line",
    email="E-mail",
    address="Address",
    im="Messaging",
    untitled="(untitled)",
    in_browser="Read in your browser",
    contents="In this edition",
    item="{count} article",
    items="{count} articles",
    why_you_get_this="You get this because {email} is subscribed to “{digest}”.",
    preferences="Preferences",
    unsubscribe="Unsubscribe",
    removed="This article was taken down",
    correction="Correction: {title}",
    correction_text="An article in “{digest}” that we mailed you was taken down. Please do not quote or pass it on:",
    confirm="Confirm subscription",
    confirm_subject="Please confirm: {site}",
    confirm_text="Somebody, perhaps you, subscribed this address to {site}. If it was you, open the link below and press the button. If not, ignore this mail: nothing else will come.",
    confirm_page="Press the button to start receiving mail.",
    confirmed="Your subscription is confirmed. Thank you.",
    check_mail="Please look into your mailbox and follow the link there.",
    unsubscribe_page="Press the button to stop these mails.",
    unsubscribed="You are unsubscribed and will get no more of these mails.",
    your_address="Your e-mail address",
    which_digests="Which digests",
    which_columns="Only these columns (none chosen: all)",
    how_often="How often",
    each_edition="Each edition",
    daily="Daily",
    weekly="Weekly",
    save="Save",
    saved="Saved.",
    pause_until="Pause until",
    export="Export my data",
    erase="Erase my data",
    erased="Your data is erased.",
    language_name="Language",
    time_zone="Time zone",
    text_only="Plain text only",
    bad_link="This link is not valid, or was used already.",
    claim_intro="If you hold the rights to something here, tell us. We answer within {days} days.",
    claim_kind="What it is about",
    claim_takedown="Take it down",
    claim_royalty="Claim a royalty",
    claim_url="Address of the article",
    claim_text="What you want to tell us",
    claim_name="Your name or organisation",
    claim_send="Send",
    claim_received="Received as number {number}; we answer by {due}.",
    attribution="Attribution",
    breadcrumb="You are here",
    site_columns="Site columns",
    reprinted="Republished",
    own="Our own article",
    follow="Follow by feed or mail",
    rest="Other",
    all_of="Everything in “{column}”",
    months="By month",
    all_months="All months",
    page_number="page {number}",
    month_of="Articles of {month}",
    link_only="The whole text is with the original.",
    neighbours="Before and after in this column",
    files="Files",
    notice_entry="Notice in the article",
    notice_site="Notice of the site it was copied from",
    notice_source="Notice of its source",
    notice_ours="Our notice",
    read_notices="All our notices",
    nothing_notices="This site has no notices of its own. Those that came with an article stand under it, word for word.",
    nothing_sources="No sources yet. Add [[sources]] to config.toml, or run syndicate add.",
    newest_of="newest came on {date}",
    former_source="no longer read",
    permission="Permission",
    site_feed="Whole site",
    search_do="Search",
    search_found="{count} found",
    search_loading="Searching…",
    search_error="The index could not be read. Please try again later.",
    search_scope="Searches titles and texts of the newest {count} articles or so; earlier ones are in the columns, by month.",
    digests="Mail digests",
    editions_intro="The editions sent so far, newest first.",
    nothing_editions="None was sent yet. The first will be listed here; you can subscribe now.",
    follow_mail="Mail",
    mail_how="Choose your digests and give your address.",
    not_found="There is no such page.",
    too_many="Too many requests. Please try again later.",
    list_separator=", ",
    colon=": ",
)


def of(language: str) -> Words:
    """The words of a language: Chinese for any kind of it, else English."""
    return ZH if language.lower().startswith("zh") else EN
