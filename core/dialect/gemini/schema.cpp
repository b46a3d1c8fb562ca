#include "dialect/gemini/schema.h"

#include "base/text.h"
#include "dialect/gemini/fields.h"
#include "dialect/writer.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

namespace waystation::gemini {

namespace {

using json::Field;
using json::Kind;
using json::Value;
using json::Writer;

// A type that holds itself is told three times over, then it is any object.
constexpr std::ptrdiff_t mostSelfNesting = 3;
// Types that hold each other could grow without bounds before that.
constexpr int mostInlined = 400;
constexpr int mostDepth = 64;
constexpr std::size_t mostOctets = 1u << 20;

constexpr std::array numberFormats{"int32", "int64", "float", "double"};
constexpr std::array textFormats{"enum", "date-time"};

template <std::size_t count> bool isOneOf(RawText text, const std::array<const char*, count>& words)
{
    return std::any_of(words.begin(), words.end(), [&](const char* word) { return text.is(word); });
}

/// What a schema says together with all that it refers to. What is said first counts.
struct Facts
{
    std::vector<std::string> types; // without "null"
    bool isNullable = false;
    bool isCut = false;
    RawText title;
    RawText description;
    RawText format;
    RawText pattern;
    Value values; // enum
    Value constant;
    std::vector<Field> properties;
    std::vector<RawText> required;
    Value items;
    std::vector<Value> alternatives;
    Value minItems, maxItems, minLength, maxLength, minimum, maximum, minProperties, maxProperties;

    bool hasShape() const { return !properties.empty() || items || values || constant; }
};

bool isNullOnly(Value schema)
{
    const Value type = schema["type"];
    if (type.is("null"))
        return true;
    const Value values = schema["enum"];
    return !type && values.isArray() && values.size() == 1
        && (*values.begin()).kind() == Kind::Null;
}

class OpenApiWriter
{
public:
    OpenApiWriter(Value root, std::string& out)
        : m_root(root)
        , m_writer(out)
    {
    }

    /// `said` stands in where the schema has no description of its own.
    void write(
        Value schema, bool isNullable = false, RawText said = {}, const std::string* type = nullptr)
    {
        const std::size_t openBefore = m_openRefs.size();
        Facts facts;
        ++m_depth;
        gather(schema, facts);
        gatherAlternatives(facts);
        facts.isNullable = facts.isNullable || isNullable;
        if (facts.description.isEmpty())
            facts.description = said;
        if (facts.types.empty() && type)
            facts.types.push_back(*type);
        writeFacts(facts);
        --m_depth;
        m_openRefs.resize(openBefore);
    }

private:
    void gather(Value schema, Facts& facts)
    {
        if (m_depth > mostDepth || m_writer.out().size() > mostOctets) {
            facts.isCut = true;
            return;
        }
        Value reference;
        Value all;
        for (const Field field : schema.fields()) {
            const Value value = field.value;
            const std::string_view key = field.key.escaped();
            if (key == "type")
                gatherTypes(value, facts);
            else if (key == "title")
                keep(facts.title, value);
            else if (key == "description")
                keep(facts.description, value);
            else if (key == "format")
                keep(facts.format, value);
            else if (key == "pattern")
                keep(facts.pattern, value);
            else if (key == "nullable")
                facts.isNullable = facts.isNullable || value.isTrue();
            else if (key == "enum")
                keep(facts.values, value);
            else if (key == "const")
                gatherConstant(value, facts);
            else if (key == "properties")
                gatherProperties(value, facts);
            else if (key == "required")
                gatherRequired(value, facts);
            else if (key == "items" || key == "prefixItems")
                gatherItems(value, facts);
            else if (key == "anyOf" || key == "oneOf")
                for (const Value one : value)
                    facts.alternatives.push_back(one);
            else if (key == "allOf")
                all = value;
            else if (key == "$ref")
                reference = value;
            else
                gatherLimit(key, value, facts);
        }
        if (reference)
            follow(reference, facts);
        for (const Value one : all)
            gather(one, facts);
    }

    void follow(Value reference, Facts& facts)
    {
        const std::string_view name = reference.text().escaped();
        const auto open = std::count(m_openRefs.begin(), m_openRefs.end(), name);
        const Value target
            = open < mostSelfNesting && m_inlined < mostInlined ? targetOf(reference) : Value();
        if (!target.isObject()) {
            facts.isCut = true;
            return;
        }
        ++m_inlined;
        m_openRefs.push_back(name);
        gather(target, facts);
    }

    /// What a pointer such as "#/$defs/Color" leads to.
    Value targetOf(Value reference) const
    {
        const std::string pointer = reference.text().toString();
        if (pointer.empty() || pointer.front() != '#')
            return {};
        Value at = m_root;
        const std::vector<std::string_view> steps = split(pointer, '/');
        for (std::size_t i = 1; i < steps.size(); ++i) {
            const std::string step = unescapedStep(steps[i]);
            if (at.isArray()) {
                auto left = std::strtoul(step.c_str(), nullptr, 10);
                Value found;
                for (const Value one : at) {
                    if (left-- == 0) {
                        found = one;
                        break;
                    }
                }
                at = found;
            } else {
                at = at[step];
            }
        }
        return at;
    }

    static std::string unescapedStep(std::string_view step)
    {
        std::string out;
        for (std::size_t i = 0; i < step.size(); ++i) {
            const std::string_view rest = step.substr(i);
            if (rest.starts_with("~1") || rest.starts_with("~0")) {
                out += rest[1] == '1' ? '/' : '~';
                ++i;
            } else if (rest.size() > 2 && rest[0] == '%' && hexValue(rest[1]) >= 0
                && hexValue(rest[2]) >= 0) {
                out += static_cast<char>(hexValue(rest[1]) * 16 + hexValue(rest[2]));
                i += 2;
            } else {
                out += step[i];
            }
        }
        return out;
    }

    static void keep(RawText& known, Value value)
    {
        if (known.isEmpty() && value.isString())
            known = value.text();
    }

    static void keep(Value& known, Value value)
    {
        if (!known)
            known = value;
    }

    static void gatherTypes(Value type, Facts& facts)
    {
        const bool isKnown = !facts.types.empty();
        const auto take = [&](Value one) {
            std::string word = lower(one.text().toString());
            if (word == "null")
                facts.isNullable = true;
            else if (!isKnown && !word.empty() && word != "type_unspecified")
                facts.types.push_back(std::move(word));
        };
        if (type.isString())
            take(type);
        for (const Value one : type)
            take(one);
    }

    static void gatherConstant(Value value, Facts& facts)
    {
        if (value.kind() == Kind::Null)
            facts.isNullable = true;
        else
            keep(facts.constant, value);
    }

    static void gatherProperties(Value list, Facts& facts)
    {
        for (const Field field : list.fields()) {
            // Nothing may stand there, so nobody need know of it.
            if (field.value.kind() == Kind::False)
                continue;
            const bool isKnown = std::any_of(facts.properties.begin(), facts.properties.end(),
                [&](const Field& known) { return known.key == field.key; });
            if (!isKnown)
                facts.properties.push_back(field);
        }
    }

    static void gatherRequired(Value list, Facts& facts)
    {
        for (const Value name : list) {
            if (!name.isString())
                continue;
            if (std::find(facts.required.begin(), facts.required.end(), name.text())
                == facts.required.end())
                facts.required.push_back(name.text());
        }
    }

    static void gatherItems(Value items, Facts& facts)
    {
        // Gemini knows one kind of element only.
        if (items.isArray())
            items = items.size() > 0 ? *items.begin() : Value();
        if (items.isObject())
            keep(facts.items, items);
    }

    static void gatherLimit(std::string_view key, Value value, Facts& facts)
    {
        struct Limit
        {
            const char* key;
            Value Facts::*fact;
        };

        static constexpr std::array limits{Limit{"minItems", &Facts::minItems},
            Limit{"maxItems", &Facts::maxItems}, Limit{"minLength", &Facts::minLength},
            Limit{"maxLength", &Facts::maxLength}, Limit{"minimum", &Facts::minimum},
            Limit{"maximum", &Facts::maximum}, Limit{"minProperties", &Facts::minProperties},
            Limit{"maxProperties", &Facts::maxProperties}};
        for (const Limit& limit : limits) {
            if (key == limit.key && value.number())
                keep(facts.*limit.fact, value);
        }
    }

    /// Takes null out of the alternatives; one that stands alone is the schema itself.
    void gatherAlternatives(Facts& facts)
    {
        for (int round = 0; !facts.alternatives.empty() && round < mostDepth; ++round) {
            std::vector<Value> alternatives = std::move(facts.alternatives);
            facts.alternatives.clear();
            const auto isNull = [](Value one) { return isNullOnly(one); };
            if (std::erase_if(alternatives, isNull) > 0)
                facts.isNullable = true;
            if (alternatives.size() == 1) {
                gather(alternatives.front(), facts);
                continue;
            }
            // Beside a shape they are only conditions on it, which Gemini does not know.
            if (!facts.hasShape())
                facts.alternatives = std::move(alternatives);
            return;
        }
    }

    void writeFacts(Facts& facts)
    {
        if (facts.isCut && !facts.hasShape()) {
            m_writer.beginObject().field("type", "OBJECT");
            if (facts.isNullable)
                m_writer.field("nullable", true);
            m_writer.endObject();
            return;
        }
        // Nothing may stand beside anyOf, so what the schema says goes into its alternatives.
        if (!facts.alternatives.empty()) {
            const std::string* type = facts.types.size() == 1 ? &facts.types.front() : nullptr;
            RawText said = facts.description;
            m_writer.beginObject().key("anyOf").beginArray();
            for (const Value one : facts.alternatives) {
                write(one, facts.isNullable, said, type);
                said = {};
            }
            m_writer.endArray().endObject();
            return;
        }
        if (facts.types.size() > 1 && !facts.values && !facts.constant) {
            m_writer.beginObject().key("anyOf").beginArray();
            for (const std::string& type : facts.types) {
                writeTyped(facts, type);
                facts.description = {};
                facts.title = {};
            }
            m_writer.endArray().endObject();
            return;
        }
        writeTyped(facts, typeOf(facts));
    }

    static std::string typeOf(const Facts& facts)
    {
        if (facts.values || facts.constant)
            return "string";
        if (!facts.types.empty())
            return facts.types.front();
        if (!facts.properties.empty())
            return "object";
        if (facts.items)
            return "array";
        if (facts.minimum || facts.maximum)
            return "number";
        return "string";
    }

    void writeTyped(const Facts& facts, const std::string& type)
    {
        const bool isText = type == "string";
        const bool isNumber = type == "number" || type == "integer";
        bool isNullable = facts.isNullable;

        m_writer.beginObject();
        std::string capitals = type;
        for (char& c : capitals)
            c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        m_writer.field("type", capitals);
        if ((isText && isOneOf(facts.format, textFormats))
            || (isNumber && isOneOf(facts.format, numberFormats)))
            m_writer.field("format", facts.format);
        if (!facts.title.isEmpty())
            m_writer.field("title", facts.title);
        if (!facts.description.isEmpty())
            m_writer.field("description", facts.description);
        if (isText)
            isNullable = writeValues(facts) || isNullable;
        if (isNullable)
            m_writer.field("nullable", true);
        if (isText) {
            writeCount("minLength", facts.minLength);
            writeCount("maxLength", facts.maxLength);
            if (!facts.pattern.isEmpty())
                m_writer.field("pattern", facts.pattern);
        } else if (isNumber) {
            writeNumber("minimum", facts.minimum);
            writeNumber("maximum", facts.maximum);
        } else if (type == "array") {
            m_writer.key("items");
            if (facts.items)
                write(facts.items);
            else
                m_writer.raw(R"({"type":"STRING"})");
            writeCount("minItems", facts.minItems);
            writeCount("maxItems", facts.maxItems);
        } else if (type == "object" && !facts.properties.empty()) {
            writeProperties(facts);
            writeCount("minProperties", facts.minProperties);
            writeCount("maxProperties", facts.maxProperties);
        }
        m_writer.endObject();
    }

    /// True when null is one of the values.
    bool writeValues(const Facts& facts)
    {
        bool hasNull = false;
        bool isOpen = false;
        const auto give = [&](Value value) {
            if (value.kind() == Kind::Null) {
                hasNull = true;
                return;
            }
            // An empty value is refused.
            if (value.isString() && value.text().isEmpty())
                return;
            if (!isOpen)
                m_writer.key("enum").beginArray();
            isOpen = true;
            if (value.isString())
                m_writer.text(value.text());
            else
                m_writer.plain(value.raw());
        };
        if (facts.constant)
            give(facts.constant);
        else
            for (const Value value : facts.values)
                give(value);
        if (isOpen)
            m_writer.endArray();
        return hasNull;
    }

    void writeProperties(const Facts& facts)
    {
        m_writer.key("properties").beginObject();
        for (const Field& property : facts.properties) {
            m_writer.key(property.key);
            write(property.value);
        }
        m_writer.endObject();

        bool isOpen = false;
        for (const RawText name : facts.required) {
            const bool isThere = std::any_of(facts.properties.begin(), facts.properties.end(),
                [&](const Field& property) { return property.key == name; });
            if (!isThere)
                continue;
            if (!isOpen)
                m_writer.key("required").beginArray();
            isOpen = true;
            m_writer.text(name);
        }
        if (isOpen)
            m_writer.endArray();
    }

    void writeCount(std::string_view name, Value value)
    {
        if (const auto count = value.integer())
            m_writer.field(name, *count);
    }

    void writeNumber(std::string_view name, Value value)
    {
        if (const auto number = value.number())
            m_writer.number(name, *number);
    }

    Value m_root;
    Writer m_writer;
    std::vector<std::string_view> m_openRefs;
    int m_inlined = 0;
    int m_depth = 0;
};

// ---- from Gemini

enum class Holds { Other, Schema, Schemas, ListOfSchemas };

Holds whatHolds(std::string_view key)
{
    for (const std::string_view name :
        {"properties", "$defs", "defs", "definitions", "patternProperties", "dependentSchemas"}) {
        if (isNamed(key, name))
            return Holds::Schemas;
    }
    for (const std::string_view name :
        {"items", "additionalProperties", "not", "if", "then", "else", "contains"}) {
        if (isNamed(key, name))
            return Holds::Schema;
    }
    for (const std::string_view name : {"anyOf", "oneOf", "allOf", "prefixItems"}) {
        if (isNamed(key, name))
            return Holds::ListOfSchemas;
    }
    return Holds::Other;
}

/// The name of a keyword as JSON schema spells it.
std::string_view spelled(std::string_view key)
{
    for (const std::string_view name :
        {"anyOf", "oneOf", "allOf", "prefixItems", "additionalProperties", "minItems", "maxItems",
            "minLength", "maxLength", "minProperties", "maxProperties"}) {
        if (isNamed(key, name))
            return name;
    }
    return key;
}

bool isCount(std::string_view key)
{
    return (key.starts_with("min") || key.starts_with("max"))
        && (key.ends_with("Items") || key.ends_with("Length") || key.ends_with("Properties"));
}

class JsonSchemaWriter
{
public:
    explicit JsonSchemaWriter(std::string& out)
        : m_writer(out)
    {
    }

    void write(Value schema)
    {
        if (!schema.isObject()) {
            m_writer.raw(schema ? schema.raw() : std::string_view("{}"));
            return;
        }
        const bool isNullable = schema["nullable"].isTrue();
        const bool hasType = bool(schema["type"]);
        m_writer.beginObject();
        for (const Field field : schema.fields()) {
            const std::string_view key = spelled(field.key.escaped());
            const Value value = field.value;
            if (!value || key == "nullable" || isNamed(key, "propertyOrdering") || key == "example")
                continue;
            if (key == "type") {
                writeType(value, isNullable);
            } else if (key == "format" && value.is("enum")) {
                continue; // says no more than the values beside it
            } else if (key == "enum" && isNullable) {
                writeValues(value);
            } else if (isCount(key) && value.integer()) {
                m_writer.field(key, *value.integer());
            } else {
                writeRest(key, field.key, value, isNullable && !hasType);
            }
        }
        m_writer.endObject();
    }

private:
    void writeType(Value type, bool isNullable)
    {
        std::vector<std::string> words;
        if (type.isString())
            words.push_back(lower(type.text().toString()));
        for (const Value one : type)
            words.push_back(lower(one.text().toString()));
        std::erase(words, "type_unspecified");
        if (isNullable && std::find(words.begin(), words.end(), "null") == words.end())
            words.emplace_back("null");
        if (words.empty())
            return;
        m_writer.key("type");
        if (words.size() == 1) {
            m_writer.plain(words.front());
            return;
        }
        m_writer.beginArray();
        for (const std::string& word : words)
            m_writer.plain(word);
        m_writer.endArray();
    }

    void writeValues(Value values)
    {
        bool hasNull = false;
        m_writer.key("enum").beginArray();
        for (const Value value : values) {
            hasNull = hasNull || value.kind() == Kind::Null;
            m_writer.raw(value.raw());
        }
        if (!hasNull)
            m_writer.null();
        m_writer.endArray();
    }

    void writeRest(std::string_view key, RawText ownKey, Value value, bool addNull)
    {
        if (key == ownKey.escaped())
            m_writer.key(ownKey);
        else
            m_writer.key(key);
        switch (whatHolds(key)) {
        case Holds::Other:
            m_writer.raw(value.raw());
            return;
        case Holds::Schema:
            write(value);
            return;
        case Holds::Schemas:
            m_writer.beginObject();
            for (const Field field : value.fields()) {
                m_writer.key(field.key);
                write(field.value);
            }
            m_writer.endObject();
            return;
        case Holds::ListOfSchemas:
            m_writer.beginArray();
            for (const Value one : value)
                write(one);
            if (addNull && key == "anyOf")
                m_writer.raw(R"({"type":"null"})");
            m_writer.endArray();
            return;
        }
    }

    Writer m_writer;
};

}

std::string openApiSchema(Value schema)
{
    std::string out;
    out.reserve(schema.raw().size());
    OpenApiWriter(schema, out).write(schema);
    return out;
}

std::string jsonSchema(Value schema)
{
    std::string out;
    out.reserve(schema.raw().size() + 16);
    JsonSchemaWriter(out).write(schema);
    return out;
}

}
