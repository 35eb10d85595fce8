# Writes the bytes of the file FROM to TO, as numbers with commas: the body of an array in C++.
file(READ "${FROM}" digits HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${digits}")
string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
file(WRITE "${TO}" "${bytes}")
