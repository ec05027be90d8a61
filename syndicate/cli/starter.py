"""What `syndicate init` writes: a commented config with every key, and a sample article."""

CONFIG = """# Syndicate: every key with its default. Delete what you do not need.
# Any secret may be "env:NAME" or "file:PATH". Relative paths are relative to this file.

[site]
name = "我的站点"              # shown everywhere, and how others will attribute you
url = "https://news.example/"
language = "zh-CN"            # interface, mails and dates; zh-CN and en are complete
timezone = "Asia/Shanghai"
sponsor = ""                  # 主办
supervisor = ""               # 主管
rights = ""

[site.contact]                # on the pages and in every mail
email = ""
phone = []
report_phone = []
address = []                  # a public digest should carry one
im = []

[site.notices]                # each shown with every reprinted entry, page and mail
reprint = ""                  # [免责声明] …; may use {takedown_days}
information = ""              # third-party information
royalty = ""                  # how an unreachable rightsholder claims payment
takedown_days = 30

# [site.trust]                # trust.txt: member, belongto, control …, lists of addresses
# [site.tdm]                  # tdmrep.json: reservation = true, policy = "https://…"

[storage]
database = "sqlite:var/syndicate.db"    # or postgresql://user@host/db
output = "feeds"
keep_days = 0                 # 0: for ever
# backup = "var/backups"      # `serve` keeps a copy of each day there, and backup_keep = 7 of them

[fetch]
contact = ""                  # goes into the User-Agent
concurrency = 32
per_host = 2
timeout = 30                  # seconds, for the whole exchange with its redirects
max_bytes = 10_000_000        # after decompression
allow_networks = []           # private networks that sources may live in: CIDRs, or address:port

# [media]                     # copies = true: pictures of reprints are copied, and shown from here

[publish]
items = 50                    # newest entries in a feed; the rest is in its archive pages
link = "original"             # or "page": what an item's main link points to
hubs = []                     # WebSub hubs to ping

[[columns]]
id = "law"
title = "廉政法治"
parent = ""                   # nesting gives the breadcrumb
description = ""
rest = false                  # true for the one that takes what fits nowhere
[[columns.rules]]             # first match wins; a rule is the "and" of its keys
any = ["人大", "全国人大"]     # also: all none title author source category url regex

[[sources]]
id = "articles"
name = ""                     # how it is attributed; without it, by the feed's own title
type = "folder"               # feed | folder | page | mailbox
path = "articles"             # or url = "https://…/rss.xml"
column = ""                   # a fixed column, else classified
every = "auto"                # or "30m"; never faster than the source allows
timezone = ""                 # of its zone-less dates; the site's
own = true                    # our own articles: the site is the source
rights = ""
licence = ""
permission = ""               # why more than a summary may be shown
content = ""                  # full | summary | link
fulltext = false              # fetch the article behind the link
noindex = false
trusted = false               # may update entries that were first seen in another source
require = ["source"]          # source origin author original_url published …
include = []                  # words
exclude = []
select = {}                   # type "page": CSS selectors items, title, link, date, content, next

[[digests]]
id = "daily"
title = "每日摘要"
columns = []                  # with their children; all, if empty
schedule = "0 8 * * *"        # cron, in `timezone`; 0 and 7 are Sunday
timezone = ""                 # the site's
items = 30
max_age = "30d"               # what was older when first read is in no edition; folders are exempt
settle = "0m"                 # how long an entry must have been known
empty = "skip"                # or "send"
subject = "{{ digest.title }} · {{ edition.date }}"
template = "digest"
public = true                 # anyone may sign up

[mail]
route = "maildir:var/mail"    # smtp://user@host:587 smtps://… lmtp:… sendmail:/usr/sbin/sendmail
password = ""
from = ""                     # default syndicate@ the host of site.url
reply_to = ""
bounce = ""                   # VERP base address
inbox = ""                    # what comes back: maildir:…, imaps://… or, taken by serve, lmtp:…
# claims = "claims@…"         # where rightsholders write to: what comes there into inbox, or into
# claims_inbox = ""           # a mailbox of its own (maildir:…, imaps://…), becomes a claim
rate = 0                      # messages a second; 0: no limit
connections = 4
[mail.dkim]
domain = ""
selector = ""
key = ""

[web]
listen = "127.0.0.1:8080"
trusted_proxies = []
secret = "file:var/secret"    # signs tokens; made at the first start; the same for all workers
admin_token = "env:SYNDICATE_ADMIN_TOKEN"     # unset: no dashboard
"""

ARTICLE = """---
title: 第一篇文章
author: 编辑部
date: 2026-11-01
column: law
---
这是一篇示例文章。删掉它，把您自己的 Markdown、网页或纯文本文章放进这个文件夹，
再运行 `syndicate run`。

来源、作者、日期、原文链接写在上面的几行里，它们会跟着文章到每一个订阅源、每一个网页、每一封邮件。
"""
