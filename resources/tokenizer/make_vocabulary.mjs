// Turns a published list of o200k_base's tokens into o200k.zst. Run by update.sh; the form is described in README.md.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [source, target] = process.argv.slice(2);

// Bytes as Latin-1 text: JavaScript has no map from bytes.
const tokens = readFileSync(source, 'utf8').trim().split('\n').map((line, rank) => {
    const [bytes, written] = line.split(' ');
    if (Number(written) !== rank)
        throw new Error(`line ${rank + 1} has rank ${written}`);
    return Buffer.from(bytes, 'base64').toString('latin1');
});
const rankOf = new Map(tokens.map((token, rank) => [token, rank]));

// What a token's bytes come to when only the ranks before its own exist.
function partsBefore(rank) {
    const parts = [...tokens[rank]];
    for (;;) {
        let best = rank;
        let at = -1;
        for (let i = 0; i + 1 < parts.length; i++) {
            const joined = rankOf.get(parts[i] + parts[i + 1]);
            if (joined !== undefined && joined < best) {
                best = joined;
                at = i;
            }
        }
        if (at < 0)
            return parts;
        parts.splice(at, 2, parts[at] + parts[at + 1]);
    }
}

const singles = tokens.slice(0, 256);
if (singles.some((token) => token.length !== 1) || new Set(singles).size !== 256)
    throw new Error('the first 256 ranks are not the 256 bytes');
const pairs = tokens.slice(256).map((token, i) => {
    const parts = partsBefore(i + 256);
    // The reader knows a token by its two parts alone, which holds only while every token has exactly two.
    if (parts.length !== 2)
        throw new Error(`rank ${i + 256} is made of ${parts.length} parts`);
    return parts.map((part) => rankOf.get(part));
});

// The high octets hardly vary; apart from the low ones they take little room.
const planes = (side) => [0, 8, 16].map((shift) => Buffer.from(pairs.map((pair) => (pair[side] >> shift) & 255)));
const count = Buffer.alloc(4);
count.writeUInt32LE(tokens.length);
const plain = Buffer.concat([count, Buffer.from(singles.join(''), 'latin1'), ...planes(0), ...planes(1)]);
execFileSync('zstd', ['--ultra', '-22', '--quiet', '--force', `--stream-size=${plain.length}`, '-', '-o', join(target, 'o200k.zst')],
    { input: plain }); // with its size, so that the reader can make room
console.log(`${tokens.length} tokens, ${plain.length} bytes before zstd`);
