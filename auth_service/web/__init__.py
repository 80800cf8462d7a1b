"""What channels and console share: nothing here decides anything about a person.

errors      each error's HTTP status, and its words as `application/problem+json` (RFC 9457)
access      who may call a route, as data; the same objects enforce it and are tested against the role table
limits      how much may be sent, and for how long
headers     what a browser may do with our answers
i18n        which language, and every text of the pages
logging     one JSON line per request, allow-listed fields only
metrics     counts for Prometheus, without personal labels
pages       server-rendered HTML; no script at all
services    what `wiring` hands to the routes
"""
