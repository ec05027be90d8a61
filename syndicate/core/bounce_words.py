"""What servers and providers say when a message comes back: for ever, or not this time.

Words outrank codes where both are there: 5.2.2 and 550 are used for full mailboxes and for
messages that a filter did not like, and neither means that nobody is there.
"""

from __future__ import annotations

import re

HARD, SOFT = "hard", "soft"

# Full, busy, too large, or refused for what it is or who sends it: the address may be fine
_NOT_NOW = re.compile(
    r"(?:mail ?box|inbox|quota|storage|account|user)\b.{0,40}\b(?:full|exceeded|over ?quota)"
    r"|over ?quota|out of (?:storage|space)|insufficient (?:system )?(?:storage|space)"
    r"|exceed(?:s|ed|ing)?\b.{0,30}\b(?:size|limit|quota|storage)|too (?:large|big|many)"
    r"|message size|spam|blocked|block ?list|black ?list(?:ed)?|listed (?:at|by|in)|reputation"
    r"|policy|content rejected|rejected (?:by|due to) .{0,20}(?:content|filter)|greylist"
    r"|rate ?limit|throttl|try again|tempor(?:ary|arily)|timed? ?out"
    r"|connection (?:refused|lost|reset)|not authenticated|dmarc|dkim|\bspf\b"
    r"|service unavailable|system (?:error|problem)|loop(?:s|ed)? (?:back|detected)|hop count"
    r"|virus|malware|delayed|will (?:be )?retr(?:y|ied)"
    r"|邮箱(?:空间)?(?:已|己)?满|空间(?:不足|已满)|容量(?:不足|已满|超)|邮箱已超(?:过)?|超(?:过|出).{0,12}(?:限制|容量|大小)"
    r"|信箱(?:已)?滿|被拒收|拒收|拒绝接收|垃圾邮件|反垃圾|频率|过于频繁|发信过多|黑名单|稍后(?:再|重)试|暂时|超时"
    r"|连接(?:失败|不上)|内容.{0,8}(?:不被|违规|敏感)|病毒",
    re.I | re.S,
)
# Nobody there, and nobody will be
_NEVER = re.compile(
    r"(?:user|recipient|mailbox|address|account|alias|rcpt|destination)\b.{0,60}?\b"
    r"(?:unknown|not (?:be )?found|no[tn][ -]?exist\w*|does ?n.?o?t exist|(?:is )?invalid|disabled"
    r"|inactive|unavailable|suspended|closed|deactivated|terminated|not (?:a )?valid|no longer)"
    r"|(?:no such|unknown|invalid|non-?existent|bad) (?:\w+ )?"
    r"(?:user|recipient|mailbox|address|account|rcpt|person|destination|domain|host|local)"
    r"|no mailbox (?:here|by that name)|not (?:our|a) customer|does not have an? .{0,20}account"
    r"|(?:host|domain)\b.{0,60}?\b(?:not found|does not exist|unknown)|nxdomain"
    r"|name or service not known"
    r"|unrouteable|relay(?:ing)? (?:access )?denied|mailbox not found|address rejected|user unknown"
    r"|could ?n.t be found|couldn.t find|address could ?n.t|wasn.t found"
    r"|(?:收件人|收信人|用户|帐号|账号|帐户|账户|邮箱|邮件地址|邮箱地址|地址|信箱|使用者|域名)[^。；;\n]{0,60}?"
    r"(?:不存在|不正确|有误|錯誤|错误|无效|無效|被禁用|已禁用|已停用|被停用|已注销|被注销|冻结|被锁定|已关闭|未找到|找不到)"
    r"|(?:不存在|找不到|无效|没有)(?:该|此|这个|的|这)?(?:收件人|收信人|用户|帐号|账号|邮箱|邮件地址|地址|域名|信箱)"
    r"|查无此人|无此用户|无此人|没有此用户",
    re.I | re.S,
)
# What enhanced codes (RFC 3463) say of the address itself
_FINAL = re.compile(r"5\.(?:1\.(?:0|1|2|3|6|10)|2\.1|4\.4|7\.17)")
_ENHANCED = re.compile(r"(?:\d{3}[ -])?([245]\.\d{1,3}\.\d{1,3})(?!\d)")
_RELAYING = re.compile(r"relay|not (?:permitted|authori[sz]ed)|authenticat", re.I)
_ABOUT_US = re.compile(r"5\.(?:1\.[789]|2\.[234]|3\.\d+|4\.[^4]|5\.\d+|6\.\d+|7\.\d+)")


def classify(status: str, told: str, text: str, *, unknown: str = HARD) -> str:
    """`hard` or `soft`, of an enhanced code ("" for none), what the server said, and the words of
    the report; `unknown` where none of them says anything."""
    if status.startswith("4."):
        return SOFT
    for words in (told, text):
        if kind := _by_words(words):
            return kind
    if _FINAL.fullmatch(status):
        return HARD
    if _ABOUT_US.fullmatch(status):
        return SOFT
    return unknown


def is_nobody(said: str) -> bool:
    """Whether a mail server that refuses a recipient (5xx to RCPT) says that nobody is there, and
    not something of us: who we are, what it thinks of our mails, for whom it relays."""
    code = _ENHANCED.match(said)
    if _RELAYING.search(said):
        return False
    return classify(code[1] if code else "", said, "", unknown=SOFT) == HARD


def _by_words(words: str) -> str:
    never, not_now = _NEVER.search(words), _NOT_NOW.search(words)
    if never and not_now:
        # Both are there ("mailbox unavailable … try again"): what comes first is the reason
        return HARD if never.start() <= not_now.start() else SOFT
    return HARD if never else SOFT if not_now else ""
