// Writes core/tokens/unicode_ranges.h from the Unicode tables that Node carries. Run by update.sh.
import { writeFileSync } from 'node:fs';

const [target] = process.argv.slice(2);

// In the order of CharKind; what fits none is Other.
const kinds = [/^[\p{Lu}\p{Lt}]$/u, /^\p{Ll}$/u, /^[\p{Lm}\p{Lo}]$/u, /^\p{M}$/u, /^\p{N}$/u, /^[\r\n]$/u, /^\p{White_Space}$/u];
const kindOf = (point) => {
    const found = kinds.findIndex((kind) => kind.test(String.fromCodePoint(point)));
    return found < 0 ? kinds.length : found;
};

const ranges = [];
for (let point = 0, before = -1; point <= 0x10ffff; point++) {
    const kind = kindOf(point);
    if (kind !== before)
        ranges.push(`0x${((point << 3) | kind).toString(16)}`);
    before = kind;
}

const lines = [''];
for (const range of ranges) {
    if (lines.at(-1).length + range.length > 116)
        lines.push('');
    lines[lines.length - 1] += `${lines.at(-1) === '' ? '' : ' '}${range},`;
}
writeFileSync(target, `// Made by resources/tokenizer/make_unicode.mjs from Unicode ${process.versions.unicode}; not to be edited.
#pragma once

#include <cstdint>

namespace waystation {

/// Where the kind of characters changes, ascending: first code point << 3 | CharKind, which holds up to the next.
constexpr std::uint32_t unicodeRanges[] = {
${lines.map((line) => `    ${line}`).join('\n')}
};

}
`);
console.log(`${ranges.length} ranges of Unicode ${process.versions.unicode}`);
