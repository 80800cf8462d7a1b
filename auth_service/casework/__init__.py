"""People decide: what is behind flags about somebody, what is said against an act of ours, and what comes of both.

question  who checked what, who says how it ends, and who agrees? who says that it is wrong?
input     flags; acts of members of staff; a contest from any channel
output    a case with its disposition, its evidence pack; a contest's state; which act may follow
rules     one case per person and cause; nobody decides what they proposed; a disposition moves no money
          opening a contest changes nothing by itself, and while it is open nothing more is taken away
          one person restores; two must agree that nothing is to be restored
"""
