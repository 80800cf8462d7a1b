"""People decide: what somebody says against an act of ours, and what becomes of it.

question  who says that it is wrong, what did an officer see, and what did the source of the record answer?
input     a contest from any channel; acts of members of staff about it
output    its state, and which act may follow
rules     opening a contest changes nothing by itself, and while it is open nothing more is taken away
          one person restores; two must agree that nothing is to be restored
"""
