"""Data comparison with registries (信息比对).

question  does a row of a registry (death, prison, employment and others) speak of this person, and how surely?
input     what a registry's row says about somebody, and what the ledger says about everybody
output    LinkFinding: person, record, rule, strength, and what agreed field by field
rules     missing is its own level and never counts for agreement; a name alone supports nothing adverse; an ID number
          that stands beside another name is a relative's until people say otherwise; a tie is never strong; a pair that
          people have disproved is not raised again
hands on  to monitoring, as something for people to look at; nothing here touches anybody's money

Meaning lives here and is judged one pair at a time; engines/linkage.py only narrows down which pairs are worth judging.
"""
