"""Who is entitled.

question  which person does this row or ID number mean, and what do they receive?
input     rows of a ledger file, ID numbers as people write them
output    LedgerRow, IdNumber, Beneficiary
rules     nothing is guessed: a value is normalised by a written rule or refused with its field and code
hands on  to every later stage, as a pseudonymous person id
"""
