// Writes counts.json: texts with the number of tokens that the reference implementation (tiktoken, compiled to WebAssembly)
// finds in them. Run by resources/tokenizer/update.sh, or
//   node make_counts.mjs FOLDER_OF_THE_PACKAGE_TIKTOKEN
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder] = process.argv.slice(2);
const encoding = createRequire(import.meta.url)(resolve(folder, 'tiktoken.cjs')).get_encoding('o200k_base');

const english = [
    'hello', 'Hello, world!', ' leading space', 'trailing space ', 'The quick brown fox jumps over the lazy dog.',
    'A relay carries one request at a time through a row of rooms; whoever reads along never has to turn back.',
    'She said: "I\'d rather not," and left. (Nobody knew why - not even her sister.)',
    'Antidisestablishmentarianism and floccinaucinihilipilification are words.', 'email me at someone@example.com or see https://example.com/a/b?c=d&e=%20f#g',
    'First line.\nSecond line.\r\nThird line.\n\n\nAfter a gap.', 'ALL CAPITALS ARE SHOUTED', 'camelCaseName PascalCaseName snake_case_name kebab-case-name SCREAMING_CASE',
    'HTTPServer XMLHttpRequest iPhone eBay McDonald\'s', 'It costs $1,234.56 (about 1.100,00 EUR) on 2024-02-29 at 23:59:59.999Z.',
    'naïve café résumé Zoë façade', '1st 2nd 3rd 4th 21st', 'a', ' ', '\n', '.', '...', '?!', 'etc., etc...', '“Quotes” — dashes – and… ellipses',
];
const contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'T", "'RE", "'Ve", "'M", "'lL", "'D", "'x", "'", "''s", "\u2019s", "'\u017F"]
    .flatMap((ending) => [`it${ending}`, `IT${ending} x`, `1${ending}`, ` ${ending}abc`, `中${ending}文`]);
const languages = [
    'Die Donaudampfschifffahrtsgesellschaft fährt übermorgen früh um halb sieben los.', 'Où est-ce qu\'on peut acheter des œufs à cette heure-ci ?',
    '¿Dónde está la biblioteca? ¡Qué lástima!', 'Olá, você não está sozinho; a ação é já.', 'Zażółć gęślą jaźń.', 'Příliš žluťoučký kůň úpěl ďábelské ódy.',
    'Съешь же ещё этих мягких французских булок, да выпей чаю.', 'Ще не вмерла України і слава, і воля.', 'Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.',
    'İstanbul\'da ışıklar söndü, çocuklar güldü.', 'Tôi không biết nói tiếng Việt nhưng tôi đang học.', 'שלום עולם, מה שלומך היום?', 'שָׁלוֹם', 'مرحبا بالعالم، كيف حالك اليوم؟', 'ٱلسَّلَامُ عَلَيْكُمْ',
    'नमस्ते दुनिया, आप कैसे हैं?', 'ওহে বিশ্ব, কেমন আছো?', 'வணக்கம் உலகம்', 'สวัสดีชาวโลก วันนี้อากาศดีมาก', 'ສະບາຍດີ', 'გამარჯობა მსოფლიო', 'Բարեւ աշխարհ', 'ሰላም ልዑል', 'မင်္ဂလာပါ', 'សួស្តី​ពិភពលោក',
    '今天天气很好，我们一起去公园散步吧。', '人工智能模型的推理成本正在快速下降，但是长上下文仍然昂贵。', '中文和English混排，还有123数字。', '繁體中文與簡體中文並不相同。', '「引號」、《書名號》——破折號……省略號',
    '今日はとても良い天気ですね。散歩に行きましょう。', 'プログラムを書いて、テストを実行します。', 'カタカナとひらがなと漢字とｶﾅ半角', '東京タワーは333メートルです！', '안녕하세요, 세계! 오늘 날씨가 좋네요.', '한국어 문장을 토큰으로 나눕니다.', '\u1112\u1161\u11AB\u1100\u1173\u11AF',
    'Mixed Русский English 中文 العربية עברית in one line', 'AБВгд АВСDЕ', 'ǅ ǈungla ǲ', 'ʰaspirated ªº ˈstress', '𝒜𝓁𝑔𝑒𝒷𝓇𝒶 𝔸𝔹ℂ 𐐀𐐨 𞤀𞤢', '中ABC', '中ABCdef', 'ABC中', 'ABC中DEF', 'ABCdefGHIjkl', 'aBC中dEF',
];
const code = [
    '#include <vector>\n\nint main(int argc, char** argv)\n{\n    std::vector<int> v {1, 2, 3};\n    return v.size() > 2 ? 0 : 1; // done\n}\n',
    'def fib(n: int) -> int:\n    """Return the n-th number."""\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\n\nprint([fib(i) for i in range(10)])\n',
    'export const sum = (...xs) => xs.reduce((a, b) => a + b, 0);\nawait fetch(`/api/${id}?q=${encodeURIComponent(q)}`);',
    'fn main() {\n\tlet mut map: HashMap<String, Vec<u8>> = HashMap::new();\n\tprintln!("{:?}", map.entry("k".into()).or_default());\n}',
    'package main\n\nimport "fmt"\n\nfunc main() {\n\tfor i := 0; i < 10; i++ {\n\t\tfmt.Println(i)\n\t}\n}\n', 'SELECT c.model, SUM(c.cost) AS spent FROM calls c WHERE c.at >= ? GROUP BY c.model HAVING spent > 0 ORDER BY 2 DESC;',
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/><title>T</title></head><body class=\'a b\'>&amp;&#x27;</body></html>',
    'body > .item:nth-child(2n+1)::before { content: "\\201C"; margin: 0 auto !important; }', '#!/bin/sh\nset -eu\nfor f in *.txt; do echo "${f%.txt}" | sed \'s/a\\(b\\)/\\1/g\' >> out 2>&1; done',
    'public static void main(String[] args) throws IOException { System.out.println("x" + args.length); }', 'let rec map f = function [] -> [] | x :: xs -> f x :: map f xs', 'main = mapM_ print $ takeWhile (<100) [x^2 | x <- [1..], odd x]',
    '\\begin{equation} \\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2} \\end{equation}', 'mov rax, [rbp-0x18]\nxor edi, edi\njmp .L2\n', '| a | b |\n|---|:-:|\n| 1 | **2** |\n\n- [x] done\n- [ ] open\n\n```js\n1\n```',
    'if(!a&&b||c){d++;e--;f<<=2;g>>>=1;h**=3;i??=4}', '/* ---- */ //////// ======== ######## ******** ________', '"\\u00e9\\n\\t\\\\"', 'key: value\nlist:\n  - one\n  - two: {a: 1}\n', 'C:\\Users\\name\\file.txt /usr/local/bin/../lib/x.so.1', '//\n//\n/\r\n/', 'a//b\n//c', '!\n\n/ x',
    '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi \\"you\\"\\n"}],"temperature":0.7,"stream":true,"tools":[]}', '{\n    "a": [1, 2.5e-10, -3, null, true],\n    "b": {"c": {}}\n}', '[[[[]]]],{{{}}}', 'data: {"id":"chatcmpl-9f8aQz71LmXw","object":"chat.completion.chunk"}\n\ndata: [DONE]\n\n',
    'aGVsbG8gd29ybGQsIHRoaXMgaXMgYmFzZTY0IGVuY29kZWQ=', 'd41d8cd98f00b204e9800998ecf8427e', '550e8400-e29b-41d4-a716-446655440000',
];
const digits = ['0', '12', '123', '1234', '12345', '123456', '1234567', '1,234,567.89', '3.14159265358979', '1e10', '0x1F', 'a1b22c333d4444', '٠١٢٣٤٥', '१२३४', '１２３４', 'ⅧⅨ', '½¾', '²³', '①②③④', '一二三', '1\u03012', 'x1 y22 z333 4444'];
const emoji = ['😀', '😀😀😀', '👍🏽', '👩‍👩‍👧‍👦', '❤️', '🇩🇪🇯🇵', '1️⃣', 'done ✅ failed ❌', '🚀 launch', 'a😀b', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '♠♥♦♣', '→←↑↓', '┌─┬─┐', '(╯°□°)╯︵ ┻━┻', '\u{1FAE0}'];
const marks = ['e\u0301', 'E\u0301A', '\u0301', '\u0301\u0302', '\u0301a', '\u0301ABC', '\u0301A\u0301BC', ' \u0301', ' \u0301a', '!\u0301', '!!\u0301x', '\u0301\'s', '1\u0301a', 'Z\u0351\u036B\u0343\u036A\u0302\u036B\u033D\u034F\u0334\u0319A\u0489L\u0321G\u031B\u033BO\u031A', '\u20E3', 'a\u200Db', 'a\u00ADb', '\uFEFFbom', 'a\uFE0F'];
const spaces = [' ', '  ', '   ', '        ', '\t', '\t\t', '\n', '\n\n', '\r\n\r\n', ' \n', '\n ', '  \n  \n  ', ' \t\n\t ', '\u00A0', ' \u00A0 ', '\u3000', '\u2003\u2003', '\u0085', '\u2028', '\u000B\u000C', '\u200B']
    .flatMap((space) => [space, `${space}x`, `x${space}1`, `x${space}.`]);
const odd = ['<|endoftext|>', 'a<|fim_prefix|>b<|im_start|>', '\0', 'a\0b', '\u0001\u0002\u001F\u007F', '\uFFFD', '\uFFFE', '\u{10FFFF}', '\uE000\uE001', 'x'.repeat(100), '='.repeat(300), ' '.repeat(500), '\n'.repeat(70), 'ab'.repeat(200), '中'.repeat(90), '哈哈'.repeat(40), '_'.repeat(33), '😀'.repeat(40),
    'Pneumonoultramicroscopicsilicovolcanoconiosis'.repeat(8), 'aA'.repeat(60), 'A中'.repeat(40), '中AAAAAAAAAAAAAAAAAAAA'.repeat(3)];

// Mixed from parts that touch the rules at their edges; always the same ones.
let state = 20;
const below = (limit) => {
    state = (state * 1103515245 + 12345) % 0x80000000;
    return Math.floor(state / 0x80000000 * limit);
};
const parts = ['a', 'the', 'The', 'THE', ' the', 'ing', "'", "'s", "'LL", ' ', '  ', '\n', '\r\n', '\t', '/', '\\', '-', '(', '}', '"', ':', '1', '23', '4567', '٣', '½', '中', '国', 'の', 'カ', '한', 'é', 'É', '\u0301', 'ǅ', 'ʰ', 'Ж', 'ж', 'א', 'ส', 'ि', '😀', '\u200D', '\u00A0', '_', '=', '。', '’', '€'];
const mixed = Array.from({ length: 60 }, () => Array.from({ length: 3 + below(14) }, () => parts[below(parts.length)]).join(''));

const broken = ['80', 'ff', 'c3', '61c3', 'c328', 'e282', 'e28228', 'f09f98', 'f09f9861', 'c0af', 'e0809f', 'eda080', 'edb080eda0bd', 'f4908080', 'f8888080', '61ff62fe63', '20e4b8ade4b8', 'e4b8ad80e59bbd', 'c3a9c3', 'fffe4100', 'f0808080', '48656c6c6f20f09f'];

const cases = [...new Set([...english, ...contractions, ...languages, ...code, ...digits, ...emoji, ...marks, ...spaces, ...odd, ...mixed])]
    .map((text) => ({ text, tokens: encoding.encode_ordinary(text).length }));
for (const hex of broken)
    cases.push({ hex, tokens: encoding.encode_ordinary(Buffer.from(hex, 'hex').toString('utf8')).length });
const target = join(dirname(fileURLToPath(import.meta.url)), 'counts.json');
writeFileSync(target, `[\n${cases.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`);
console.log(`${cases.length} texts`);
