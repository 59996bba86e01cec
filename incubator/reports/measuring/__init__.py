"""Every figure of use, asked in one way: measures by dimensions over days (`asking.ask`).

`catalogue` says what each measure is, in words; `question` what can be asked and how it is answered; a *cube* answers
for one subject (`asking.CUBES`). Occupancy's stands on cells: one unit in one slot of its site's time.
"""
