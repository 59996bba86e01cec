"""The report builder: measures by dimensions under filters, saved under a name, made on a timetable and mailed."""
