"""The workbook by which an operator brings its spaces, startups and bookings along."""
