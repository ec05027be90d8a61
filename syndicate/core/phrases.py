"""What the pages of subscriptions, claims and the dashboard say, in Chinese and English.

A page asks for `say.name`. Every phrase has both languages; `{…}` are filled by `fill`.
"""

# ruff: noqa: E501 - a phrase stands on one line

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_PHRASES: dict[str, tuple[str, str]] = {
    # letters
    "known_subject": ("您已订阅：{site}", "You subscribe already: {site}"),
    "known_text": (
        "有人（可能是您）用这个地址再次订阅 {site}。这个地址已经订阅，没有任何改动。要修改订阅，请打开下面的链接。如果不是您，请忽略这封邮件。",
        "Somebody, perhaps you, signed up for {site} with this address. It is subscribed already, and nothing was changed. To change what you get, open the link below. If it was not you, ignore this mail.",
    ),
    "claim_subject": ("已收到您的投诉，编号 {number}", "We received your claim, number {number}"),
    "claim_mail": (
        "我们收到了一份以这个地址提交的权利人投诉，编号 {number}。我们将在 {due} 前答复。如果不是您提交的，请忽略这封邮件。",
        "A rightsholder's claim was made with this address. Its number is {number}; we answer by {due}. If it was not you, ignore this mail.",
    ),
    "answer_subject": ("答复：投诉 {number}", "Answer to claim {number}"),
    "remind_subject": ("投诉 {number} 将于 {due} 到期", "Claim {number} is due on {due}"),
    "remind_text": (
        "编号 {number} 的投诉应在 {due} 前答复，目前仍未答复。",
        "Claim {number} is to be answered by {due}, and was not answered yet.",
    ),
    # subscription pages
    "subscribe_intro": (
        "填写邮箱，我们会寄一封确认邮件；按其中的链接确认后才开始寄送。",
        "Give your address. We send one mail with a link; nothing else comes before you confirm it.",
    ),
    "subscribe_do": ("订阅", "Subscribe"),
    "leave_empty": ("请勿填写此栏", "Leave this field empty"),
    "all_public": ("（不选为全部）", "(none chosen: all)"),
    "no_digests": ("本站目前没有公开的邮件摘要。", "This site has no public digest at present."),
    "check_mail_more": (
        "如果这个地址可以订阅，确认邮件几分钟内就会到。没有收到的话，请看看垃圾邮件，明天再试。",
        "If the address can be subscribed, the mail arrives within minutes. If it does not, look into your spam folder, and try again tomorrow.",
    ),
    "bad_email": ("这不是一个有效的邮箱地址。", "This is no valid mail address."),
    "bad_choice": (
        "有的选项本站没有，请重新选择。",
        "Something you chose does not exist here. Please choose again.",
    ),
    "bad_form": (
        "表单已过期，或不是从本站提交的。请重新打开页面再试。",
        "The form is too old, or did not come from this site. Please open the page again.",
    ),
    "too_large": ("提交的内容太长。", "What you sent is too long."),
    "try_again": ("返回重试", "Go back and try again"),
    "server_error": ("出了点问题，请稍后再试。", "Something went wrong. Please try again later."),
    "method": ("这个地址不接受这种请求。", "This address does not take such a request."),
    "what_next": ("接下来", "What comes next"),
    "first_edition": ("下一期摘要将按您的选择寄到 {email}。", "The next edition goes to {email}."),
    "not_subscribed": (
        "如果点错了，可以重新订阅。",
        "If that was a mistake, you can sign up again.",
    ),
    "pause_hint": (
        "暂停期间的文章会在恢复后的第一期里补上。",
        "What appears meanwhile is in the first edition after the pause.",
    ),
    "hour": ("送达时间", "Hour"),
    "any_hour": ("随各期发出", "when an edition comes out"),
    "hour_hint": (
        "按您的时区，用于每天或每周寄送。",
        "In your time zone; for daily and weekly mail.",
    ),
    "resume": ("恢复寄送", "Resume now"),
    "paused_until": ("已暂停到 {date}。", "Paused until {date}."),
    "erase_hint": (
        "您的地址、选择和记录会被删除，只留下一个无法还原的标记，防止再次导入。",
        "Your address, choices and record are erased. Only a mark that cannot be turned back remains, so that you are not imported again.",
    ),
    "erase_sure": ("我确认要删除", "Yes, erase it"),
    "your_data": ("您的数据", "Your data"),
    "choose_one": (
        "请至少选择一种摘要；要停止寄送，请用退订。",
        "Choose at least one digest; to stop all mail, unsubscribe.",
    ),
    "bad_date": ("日期无效。", "The date is not valid."),
    "default_zone": ("站点时区（{zone}）", "the site's ({zone})"),
    # claims
    "claim_number": ("编号", "Number"),
    "claim_due": ("答复期限", "Answer due"),
    "claim_missing": (
        "请填写事由、您的姓名或单位、邮箱和说明。",
        "Please give the kind, your name or organisation, your address and what you want to tell us.",
    ),
    "claim_keep": (
        "请记下编号。我们也向您的邮箱寄一封只含编号和期限的邮件。",
        "Please note the number. One mail with the number and the date goes to your address.",
    ),
    # dashboard
    "desk": ("编辑台", "Desk"),
    "log_in": ("登录", "Log in"),
    "log_out": ("退出", "Log out"),
    "token": ("口令", "Token"),
    "bad_token": ("口令不对。", "This is not the token."),
    "needs_me": ("待处理", "Needs me"),
    "nothing_needs": ("没有需要处理的事。", "Nothing needs you."),
    "held_entries": ("待审文章", "Held entries"),
    "flags": ("疑点", "Doubts"),
    "failing_sources": ("出错的来源", "Failing sources"),
    "claims_due": ("待答复的投诉", "Open claims"),
    "held_editions": ("待审的期", "Held editions"),
    "sources": ("来源", "Sources"),
    "entries": ("文章", "Entries"),
    "columns": ("栏目", "Columns"),
    "claims": ("投诉", "Claims"),
    "digests": ("摘要", "Digests"),
    "deliveries": ("投递", "Deliveries"),
    "subscribers": ("订阅者", "Subscribers"),
    "audit": ("操作记录", "Audit"),
    "overview": ("概览", "Overview"),
    "latest": ("最近的文章", "Latest entries"),
    "why": ("为什么", "Why"),
    "hops": ("从哪里来", "Where it came from"),
    "hand": ("经手", "Hand"),
    "evidence": ("依据", "Evidence"),
    "role-read-from": ("读取自", "read from"),
    "role-via": ("转载", "via"),
    "role-source": ("标明来源", "stated source"),
    "role-origin": ("原文", "original"),
    "proof-received": ("收到的原样", "as received"),
    "proof-config": ("配置", "config"),
    "proof-element": ("标明", "stated"),
    "proof-inferred": ("推断", "inferred"),
    "proof-page": ("原文页面", "page seen"),
    "proof-none": ("无依据", "no evidence"),
    "beside": ("与原文对照（{at}）", "Beside its original, as seen {at}"),
    "ours": ("本站", "Here"),
    "theirs": ("原文", "Original"),
    "as_original": ("与原文一致", "As in its original"),
    "an_excerpt": ("为节选", "an excerpt of it"),
    "not_compared": ("未能对照：{why}", "Not compared: {why}"),
    "kind-missing": ("原文已不存在", "original missing"),
    "kind-title": ("改标题", "changed title"),
    "kind-author": ("作者不同", "changed author"),
    "kind-earlier": ("日期早于原文", "dated before it"),
    "kind-dropped": ("删去", "dropped"),
    "kind-added": ("增加", "added"),
    "kind-changed": ("改动", "changed"),
    "kind-other": ("原文是另一篇", "another text"),
    "what": ("事项", "What"),
    "by": ("由谁", "By"),
    "at": ("时间", "At"),
    "reason": ("原因", "Reason"),
    "before": ("之前", "Before"),
    "after": ("之后", "After"),
    "status": ("状态", "Status"),
    "error": ("错误", "Error"),
    "last": ("上次", "Last"),
    "next": ("下次", "Next"),
    "count": ("数量", "Count"),
    "title": ("标题", "Title"),
    "source": ("来源", "Source"),
    "column": ("栏目", "Column"),
    "story": ("同题", "Story"),
    "also": ("同题文章", "Also in this story"),
    "actions": ("操作", "Actions"),
    "move": ("移到栏目", "Move to column"),
    "merge": ("与另一篇合并", "Merge with another"),
    "other_entry": ("另一篇的编号或地址", "Id or address of the other"),
    "split": ("从同题中分出", "Split off from its story"),
    "approve": ("通过", "Approve"),
    "reject": ("不予发布", "Reject"),
    "retract": ("撤下", "Retract"),
    "restore": ("恢复", "Restore"),
    "only_this": ("只撤这一篇，不撤同题", "This entry only, not its story"),
    "notify": ("通知收到过的订阅者", "Mail a correction to those who got it"),
    "sure": ("我确认", "I am sure"),
    "sure_missing": ("请勾选“我确认”。", "Please tick “I am sure”."),
    "do": ("执行", "Do it"),
    "done": ("已完成。", "Done."),
    "not_done": ("没有完成：{why}", "Not done: {why}"),
    "preview": ("预览", "Preview"),
    "preview_none": ("目前没有可以寄出的内容。", "There is nothing to send at present."),
    "editions": ("各期", "Editions"),
    "approve_edition": ("放行", "Let go"),
    "reject_edition": ("取消这一期", "Drop this edition"),
    "domain": ("域名", "Domain"),
    "sent": ("已寄", "Sent"),
    "waiting": ("等待", "Waiting"),
    "failed": ("失败", "Failed"),
    "messages": ("邮件", "Messages"),
    "due": ("期限", "Due"),
    "overdue": ("已过期", "Overdue"),
    "answer": ("答复", "Answer"),
    "answer_do": ("寄出答复", "Send the answer"),
    "close": ("结案", "Close"),
    "close_note": ("结案说明（不寄出）", "Note (is not sent)"),
    "reach": (
        "将撤下：文章 {entries}，订阅源 {feeds}，网页 {pages}。已寄出的 {sent} 期（读者 {readers} 人）收不回；未寄出的 {waiting} 期会去掉它。",
        "Takes down: entries {entries}, feeds {feeds}, pages {pages}. Editions sent with it: {sent}, to readers: {readers}; not sent yet, and sent without it: {waiting}.",
    ),
    "reach_only": (
        "只撤这一篇：文章 {entries}，订阅源 {feeds}，网页 {pages}，已寄出 {sent} 期（读者 {readers} 人）。",
        "This entry only: entries {entries}, feeds {feeds}, pages {pages}, editions sent {sent}, to readers {readers}.",
    ),
    "taken_down_now": (
        "已撤下：改写文件 {files} 个，更正邮件 {corrections} 封。",
        "Taken down: files rewritten {files}, corrections by mail {corrections}.",
    ),
    "claim_about": ("指明文章", "Name the article"),
    "claim_add": ("登记来信或来电的投诉", "Enter a claim by letter or telephone"),
    "named_article": ("文章的编号或地址", "Id or address of the article"),
    "claim_how": ("如何收到（信函、电话……）", "How it came (letter, telephone …)"),
    "claim_mail_it": ("把编号寄到对方邮箱", "Mail the number to the claimant"),
    "claim_mails": ("来信原件", "Mails as they came"),
    "our_mails": ("我们的邮件", "Our mails"),
    "claim_write": ("也可以写信到：", "Or write to: "),
    "no_mail_address": (
        "对方没有邮箱地址：这里只作记录，请另行寄出。",
        "There is no mail address: this is only noted here; send it yourself.",
    ),
    "optional": ("可不填", "optional"),
    "retract_it": ("撤下这篇文章", "Retract the article"),
    "article": ("文章", "Article"),
    "from_whom": ("投诉人", "Claimant"),
    "text": ("内容", "Text"),
    "history": ("经过", "History"),
    "more_rows": ("更多", "More"),
    "nothing": ("没有。", "Nothing."),
    "joined": ("加入", "Joined"),
    "poll_now": ("立即读取", "Read now"),
    "every": ("间隔", "Interval"),
    "find": ("查找", "Find"),
    "mail_address": ("邮箱地址", "Mail address"),
    "entries_a_day": ("每天收到的文章（14 天）", "Entries received, a day (14 days)"),
    "mails_a_day": ("每天寄出的邮件（14 天）", "Messages sent, a day (14 days)"),
    # reports
    "reports": ("署名报告", "Attribution report"),
    "report_hint": (
        "按收到的月份统计。“齐全”是来源、作者、原文链接、发布时间、版权、许可、编辑这七项写明比例的平均值；底色越深，缺得越多。",
        "Counted by the month of reception. “Complete” is the mean of the seven shares: source, author, original link, date, rights, licence, editor. The darker a cell, the more is missing.",
    ),
    "complete": ("齐全", "Complete"),
    "held_share": ("待审比例", "Held"),
    "claims_open": ("未答复", "open"),
    "taken_down": ("已撤下", "taken down"),
    "takedown_median": ("撤下用时中位数（天）", "Days to takedown, median"),
    "longest": ("最长", "longest"),
    "trend": ("趋势", "Trend"),
    "by_month": ("按月", "By month"),
    "by_source": ("按来源", "By source"),
    "by_column": ("按栏目", "By column"),
    "month": ("月份", "Month"),
    "stated_source": ("来源", "Source"),
    "stated_author": ("作者", "Author"),
    "stated_original_url": ("原文链接", "Original"),
    "stated_published": ("发布时间", "Date"),
    "stated_rights": ("版权", "Rights"),
    "stated_licence": ("许可", "Licence"),
    "stated_editor": ("编辑", "Editor"),
    "since": ("自", "From"),
    "until": ("至（不含）", "Until before"),
    "show": ("显示", "Show"),
    "printable": ("打印版", "To print"),
    "made_at": ("生成于", "Made"),
    "rows_left": ("另有 {count} 行，见 CSV。", "{count} more lines are in the CSV."),
    "no_report": ("还没有收到文章。", "No entries were received yet."),
    "version": ("版本", "Version"),
    "examples": ("样本", "Examples"),
    "accuracy": ("准确率", "Accuracy"),
    "in_use": ("使用中", "In use"),
    "category": ("上游类别", "Upstream category"),
    "mapping": ("学到的类别对应", "Categories learned"),
    "learned": ("学到的栏目模型", "Learned models of columns"),
    "learned_after": (
        "学到的栏目模型（已移动 {moves} 篇，满 {after} 篇再学）",
        "Learned models of columns ({moves} of {after} moves until the next)",
    ),
    "nothing_learned": ("还没有学过。", "Nothing was learned yet."),
    "latency_arrival": (
        "从原站发布到收到（中位数，14 天）",
        "From publication to reception (median, 14 days)",
    ),
    "latency_out": (
        "从收到到登出网页（中位数，14 天）",
        "From reception to its page (median, 14 days)",
    ),
    "latency_mail": (
        "从期次时间到交给邮件服务器（中位数，14 天）",
        "From an edition's time to the mail server (median, 14 days)",
    ),
    "day": ("日期", "Day"),
    "median": ("中位数", "Median"),
    "nine_tenths": ("九成以内", "Nine in ten within"),
    "as_table": ("表格", "As a table"),
    "took": ("用时", "Takes"),
    "doubtful": ("模型没有把握的分类", "Filings the model doubts"),
}


# What things are in (docs/contract.md, "States"), in Chinese; in English they are called so
_STATES = {
    "published": "已发布",
    "held": "待审",
    "rejected": "不予发布",
    "retracted": "已撤下",
    "expired": "已过期",
    "ok": "正常",
    "failing": "出错",
    "paused": "暂停",
    "gone": "已消失",
    "queued": "排队",
    "sending": "寄送中",
    "sent": "已寄",
    "deferred": "稍后再寄",
    "failed": "失败",
    "dropped": "已取消",
    "skipped": "跳过",
    "unconfirmed": "待确认",
    "confirmed": "已确认",
    "unsubscribed": "已退订",
    "suppressed": "已停寄",
    "open": "待答复",
    "answered": "已答复",
    "closed": "已结案",
}
# What happens to a claim, as its history has it, in Chinese
_STEPS = {
    "received": "收到",
    "received by mail": "收到来信",
    "names more articles": "还提到其他文章",
    "wrote again": "再次来信",
    "was sent an automatic reply": "收到自动回复",
    "was sent a mail by a machine": "收到机器来信",
    "was sent a mail marked as spam": "收到疑似垃圾邮件",
    "a mail came back": "邮件被退回",
    "is about": "指明文章",
    "took the article down": "撤下文章",
    "reminded the editor": "提醒编辑",
    "answered": "已答复",
    "closed": "已结案",
}


def step(what: str, language: str) -> str:
    """What a step in a claim's history is called; one that has no name, by itself."""
    return _STEPS.get(what, what) if language.lower().startswith("zh") else what


_STATES_ENGLISH = {state: state for state in _STATES}


def states(language: str) -> Mapping[str, str]:
    """What each state of an entry, source, edition, message, subscriber or claim is called."""
    return _STATES if language.lower().startswith("zh") else _STATES_ENGLISH


def _table(language: int) -> Mapping[str, str]:
    return MappingProxyType({name: both[language] for name, both in _PHRASES.items()})


_CHINESE, _ENGLISH = _table(0), _table(1)


def of(language: str) -> Mapping[str, str]:
    """The phrases of a language: Chinese for any kind of it, else English."""
    return _CHINESE if language.lower().startswith("zh") else _ENGLISH


def fill(phrase: str, **values: object) -> str:
    """A phrase with its {names} filled in; what is in the values is never a format."""
    for key, value in values.items():
        phrase = phrase.replace("{" + key + "}", str(value))
    return phrase
