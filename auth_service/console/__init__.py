"""Pages for staff: sign in, see what waits, compare pictures, judge flags, review captures. Server-rendered, no script.

routes    every page, its rule of access, its function
session   signing in and out, and what waits for a role
flags     the list of flags
flag      one flag, its photos, a judgement
desk      the queue of captures that a person must look at
capture   one capture, its pictures and evidence, a decision and its undoing
requests  who asks for another way, whom to call, what was done
batches   files of registries: what is odd, a release by a second person, a discard; batch_words says it
fund      fund safety in numbers, fund_tables its tables; scorecards how often each rule was right
charts    numbers as bars, drawn as inline SVG
exports   tables as CSV and XLSX
confirm   the password once more before a decision
words, capture_words, score_chart   evidence in plain words, and a score as a drawing
"""
