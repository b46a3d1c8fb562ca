#include "dialect/anthropic/schema.h"

#include "dialect/tree.h"
#include "dialect/writer.h"

#include <algorithm>
#include <iterator>

namespace waystation::anthropic {

namespace {

using json::Field;
using json::Value;
using json::Writer;

constexpr std::string_view limits[] = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "pattern", "maxItems", "uniqueItems"};

constexpr std::string_view formats[]
    = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"};

constexpr std::string_view mapsOfSchemas[] = {"properties", "$defs", "definitions"};
constexpr std::string_view listsOfSchemas[] = {"anyOf", "oneOf", "allOf", "prefixItems"};

template <class List> bool holds(const List& list, std::string_view word)
{
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool isObjectType(Value type)
{
    if (type.is("object"))
        return true;
    for (const Value each : type) {
        if (each.is("object"))
            return true;
    }
    return false;
}

void clean(Value schema, Writer& writer);

void cleanList(Value list, Writer& writer)
{
    writer.beginArray();
    for (const Value schema : list)
        clean(schema, writer);
    writer.endArray();
}

bool isKept(std::string_view key, Value value)
{
    if (holds(limits, key) || key == "additionalProperties")
        return false;
    if (key == "minItems")
        return value.integer().value_or(2) <= 1;
    if (key == "format")
        return std::any_of(std::begin(formats), std::end(formats), [&](std::string_view format) { return value.is(format); });
    return true;
}

// By position: a property that is called "pattern" is data, and so is everything inside enum, const and default.
void clean(Value schema, Writer& writer)
{
    if (!schema.isObject()) {
        writer.raw(schema.raw());
        return;
    }
    const bool hasAnyOf = bool(schema["anyOf"]);
    writer.beginObject();
    for (const Field field : schema.fields()) {
        const std::string_view key = field.key.escaped();
        if (!isKept(key, field.value) || (key == "oneOf" && hasAnyOf))
            continue;
        writer.key(key == "oneOf" ? RawText("anyOf") : field.key);
        if (holds(mapsOfSchemas, key) && field.value.isObject()) {
            writer.beginObject();
            for (const Field property : field.value.fields()) {
                writer.key(property.key);
                clean(property.value, writer);
            }
            writer.endObject();
        } else if (field.value.isArray() && (holds(listsOfSchemas, key) || key == "items")) {
            cleanList(field.value, writer);
        } else if (key == "items" || key == "not") {
            clean(field.value, writer);
        } else {
            writer.raw(field.value.raw());
        }
    }
    if (isObjectType(schema["type"]) || schema["properties"])
        writer.field("additionalProperties", false);
    writer.endObject();
}

}

std::string cleanedSchema(RawJson schema)
{
    json::Tree tree;
    if (!tree.parse(schema))
        return std::string(schema);
    std::string out;
    out.reserve(schema.size() + 64);
    Writer writer(out);
    clean(tree.root(), writer);
    return out;
}

bool describesObject(RawJson schema)
{
    json::Tree tree;
    if (!tree.parse(schema))
        return false;
    const Value root = tree.root();
    return root.isObject() && (root["type"] ? root["type"].is("object") : root["properties"].isObject());
}

}
