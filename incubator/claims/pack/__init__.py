"""The pack of a claim: what is handed in, with all that an outsider needs to check it."""
