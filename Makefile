all:
	@true
