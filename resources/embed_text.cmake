# cmake -DINPUT=text -DOUTPUT=cpp -P embed_text.cmake
# Cut into pieces because compilers limit the length of one literal.
file(READ ${INPUT} text)
string(LENGTH "${text}" size)
set(pieces "")
set(at 0)
while(at LESS size)
    string(SUBSTRING "${text}" ${at} 12000 piece)
    string(APPEND pieces "    R\"~~~(${piece})~~~\",\n")
    math(EXPR at "${at} + 12000")
endwhile()
file(WRITE ${OUTPUT} "#include \"prices_data.h\"

#include <string>

namespace waystation {

namespace {

constexpr std::string_view pieces[] = {
${pieces}};

}

std::string_view builtInPrices()
{
    static const std::string whole = [] {
        std::size_t size = 0;
        for (const std::string_view piece : pieces)
            size += piece.size();
        std::string text;
        text.reserve(size);
        for (const std::string_view piece : pieces)
            text += piece;
        return text;
    }();
    return whole;
}

}
")
