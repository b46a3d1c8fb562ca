# cmake -DINPUT=file -DOUTPUT=cpp -DNAME=o200k -DHEADER=tokens/o200k_data.h -P embed_bytes.cmake
# A file as an array of octets, which every compiler takes.
file(READ ${INPUT} octets HEX)
string(LENGTH "${octets}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" octets "${octets}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," octets "${octets}")
file(WRITE ${OUTPUT} "#include \"${HEADER}\"

namespace waystation {

const unsigned char ${NAME}Data[] = {
${octets}
};
const std::size_t ${NAME}Size = ${size};

}
")
