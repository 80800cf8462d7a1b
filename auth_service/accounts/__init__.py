"""Who may act.

question  may this role do this, and is this person signed in?
input     role names, credentials as records
output    permissions (a table, as data), sign-in sessions, API keys
rules     what is not listed is refused; nobody approves their own proposal
hands on  to web (sessions, keys) and to flows (actor of every audit row)
"""
