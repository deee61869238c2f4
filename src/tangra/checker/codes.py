"""The codes of findings that the checker itself makes; the shape rules declare theirs."""

from tangra.errors import declare

SYNTAX = declare("TG501", "a file that can't be read or parsed")
ANNOTATION = declare("TG502", "an array that does not fit its annotation")
UNPACK = declare("TG503", "a shape taken apart into another number of names")
COMMENT = declare("TG504", "a comment for the checker that can't be read")
TRANSFORM = declare("TG505", "a transformed function called with arrays that don't fit together")
CARRY = declare("TG506", "a loop function whose carried value changes its shape or dtype")
CHECK = declare("TG507", "a check of sizes in the program that certainly fails")
RULE = declare("TG508", "a shape rule of the project's own that fails in itself")
