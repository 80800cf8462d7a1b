"""Acts on money: what may be proposed, by whom it counts, and what a month comes to, to the cent.

question  which act may follow here, who must stand for it, and which rows of the ledger does it touch?
input     payment rows by entitlement month, earlier acts, uncertain dates of death
output    Refusal or nothing; statements of arrears and overpayment, line by line in plain words
rules     taking away needs two people, giving back one; no machine proposes or approves anything
          while somebody contests ("I am alive"), nothing more may be taken away
          sums come from rows that were paid or withheld, never from months times a rate
hands on  to qualification, whose status says how a benefit stands
"""
