"""Fund supervision: what looks wrong is put before people.

question  does this row of facts deserve a human look?
input     facts of an import, an enrolment or an attempt
output    Flag: rule, severity, evidence, dedupe key; a Judgement by a monitor
rules     a rule is a pure predicate on one typed row of facts; a flag asks for attention and changes nothing else
hands on  to casework
"""
