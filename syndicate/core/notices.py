"""Notices that go with a reprint, told from the article and from the contacts in a page's foot.

A notice says something about rights, liability or royalties ([免责声明] …); a footer line says
who runs the site and how to reach it.
"""

from __future__ import annotations

import re

from syndicate.model import NoticeFrom

_BRACKET = re.compile(
    r"^\s*[\[【〔(（<《＜「]\s*(?:免责|版权|转载|特别|郑重|重要|本站|本网|著作权|原创)?"
    r"(?:声明|说明|提示|提醒|告知|公告|申明|notice|disclaimer)\s*[\]】〕)）>》＞」]",
    re.I,
)
_OPENING = re.compile(
    r"^\s*(?:免责声明|版权声明|特别声明|郑重声明|转载声明|版权说明|转载说明|免责条款|著作权声明|声明|说明"
    r"|disclaimer|copyright notice|reprint notice|notice)\s*[:：]",
    re.I,
)
_SAYS = re.compile(
    r"版权归.{0,12}(?:所有|作者)|版权属于|著作权属|归原作者|侵权|侵犯|不承担|不负责|不作担保|不代表本|稿酬"
    r"|仅供.{0,6}(?:参考|学习|交流)|转载此文|转载.{0,20}(?:联系|注明|授权)|与本[网站].{0,6}联系|真实性"
    r"|未经.{0,12}(?:许可|授权)|并不意味|不构成.{0,8}(?:建议|商业)|权利人|投稿者承担"
    r"|all rights belong|does not (?:endorse|represent)|for reference only|not responsible"
    r"|without (?:prior )?(?:written )?permission|takedown|copyright (?:belongs|remains)",
    re.I,
)
_SITE = re.compile(r"本站|本网|本网站|本平台|我站|我网|this (?:web)?site", re.I)
_ENTRY = re.compile(r"本文|此文|文章|本篇|该文|内容来源|作品|this article|this piece", re.I)
_FOOTER = re.compile(
    r"(?:^|[\s|｜　])(?:主办|主管|承办|协办|技术支持|版权所有|网站标识码|公网安备)"
    r"|(?:主办|主管|承办|协办)(?:单位)?(?:$|[\s|｜:：])|版权所有|ICP备|ICP证|公网安备|网安备"
    r"|^(?:第[一二三四五]办公区|地址|邮编|邮箱|电子邮箱|电子信箱|联系电话|联系方式|联系我们|电话|传真|客服"
    r"|监督电话|举报电话|违法和不良信息|投稿邮箱|通联|QQ|网址|网站地图|关于我们|友情链接|扫一扫|扫码)"
    r"|copyright\s*(?:©|\(c\)|\d)|©\s*\d{4}|all rights reserved"
    r"|^(?:tel|phone|e-?mail|address)\s*[:：]",
    re.I,
)
_SHORTEST = 14


def is_notice(line: str) -> bool:
    """Whether a line is a notice, by how it opens or by what it says."""
    if _BRACKET.match(line) or _OPENING.match(line):
        return True
    return len(line) >= _SHORTEST and len(line) <= 600 and bool(_SAYS.search(line))


def opens_notice(line: str) -> bool:
    """Whether a line opens a notice by its heading alone."""
    return bool(_BRACKET.match(line) or _OPENING.match(line))


def is_footer(line: str) -> bool:
    """Whether a line tells who runs the site and how to reach it."""
    return bool(_FOOTER.search(line)) and len(line) < 300


def origin(line: str) -> NoticeFrom:
    """Whether a notice speaks of the entry, or of the site that it was copied from."""
    if opens_notice(line) or (_ENTRY.search(line) and not _SITE.match(line.lstrip())):
        return NoticeFrom.ENTRY
    return NoticeFrom.SITE if _SITE.search(line) else NoticeFrom.ENTRY
