"""
What each column of a file that nobody described is to matching, and its texts as they are compared.

`columns` reads every text once; `proposal` gives the columns their roles, by the words of their names (`names`, with
`words` and `subjects`) and by what they hold (`contents`, `nameless`, `repeats`); `texts` makes of a role what is
compared (`days`, `phones`, `titles`, `firm_names`, `two_family_names`); `golden` gives the record of each cluster.
"""
