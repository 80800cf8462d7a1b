"""What a person must be told, in which words, over which ways, and at which hour.

asks      what happened to somebody's benefit, and how can they be reached?
rules     the notice is written in the transaction of the fact that it tells of, once for each way; texts carry no link
          but the agency's own address, ask for nothing, and say where to call; nobody's telephone rings at night;
          before money is taken away the person has been told over two ways, or it is on record why not
hands on  a waiting row, which flows/send_notices.py sends at least once under one key (storage/records/notices.py)
"""
