#include "dialect/gemini/partial_arguments.h"

#include "dialect/gemini/fields.h"

#include <algorithm>
#include <charconv>

namespace waystation::gemini {

namespace {

// An index from outside is not trusted with memory.
constexpr std::size_t mostElements = 10000;
constexpr std::size_t mostDepth = 100;

/// One step of a path: a name, or a place in a list.
struct Step
{
    std::string name; // escaped
    std::size_t index = 0;
    bool isIndex = false;
};

/// The inside of ['name'], whose quote may be escaped.
std::string quotedName(std::string_view path, std::size_t& at)
{
    const char quote = path[at++];
    std::string name;
    while (at < path.size() && path[at] != quote) {
        if (path[at] == '\\' && at + 1 < path.size())
            ++at;
        name += path[at++];
    }
    ++at;
    return name;
}

/// Reads the step at `at` of a path such as $.list[0]['a b']; false at its end or what is no step.
bool nextStep(std::string_view path, std::size_t& at, Step& step)
{
    step = Step();
    if (at >= path.size())
        return false;
    std::string name;
    if (path[at] == '[') {
        ++at;
        if (at < path.size() && (path[at] == '\'' || path[at] == '"')) {
            name = quotedName(path, at);
        } else {
            const char* end = path.data() + path.size();
            const auto [rest, error] = std::from_chars(path.data() + at, end, step.index);
            if (error != std::errc())
                return false;
            at = static_cast<std::size_t>(rest - path.data());
            step.isIndex = true;
        }
        if (at >= path.size() || path[at] != ']')
            return false;
        ++at;
    } else {
        if (path[at] == '.')
            ++at;
        const std::size_t end = std::min(path.find_first_of(".[", at), path.size());
        if (end == at)
            return false;
        name = path.substr(at, end - at);
        at = end;
    }
    appendEscaped(step.name, name);
    return true;
}

}

PartialArguments::Node& PartialArguments::memberOf(Node& object, std::string key)
{
    if (object.kind != Node::Kind::Object) {
        object.kind = Node::Kind::Object;
        object.inner.clear();
    }
    for (Node& node : object.inner) {
        if (node.key == key)
            return node;
    }
    Node& node = object.inner.emplace_back();
    node.key = std::move(key);
    return node;
}

PartialArguments::Node* PartialArguments::elementOf(Node& list, std::size_t index)
{
    if (index >= mostElements)
        return nullptr;
    if (list.kind != Node::Kind::List) {
        list.kind = Node::Kind::List;
        list.inner.clear();
    }
    if (list.inner.size() <= index)
        list.inner.resize(index + 1);
    return &list.inner[index];
}

PartialArguments::Node* PartialArguments::nodeAt(std::string_view path)
{
    Node* node = &m_root;
    std::size_t at = path.starts_with('$') ? 1 : 0;
    Step step;
    for (std::size_t depth = 0; node && at < path.size(); ++depth) {
        if (depth >= mostDepth || !nextStep(path, at, step))
            return nullptr;
        node = step.isIndex ? elementOf(*node, step.index) : &memberOf(*node, std::move(step.name));
    }
    return node == &m_root ? nullptr : node;
}

void PartialArguments::add(json::Value partialArgs)
{
    for (const json::Value piece : partialArgs) {
        std::string scratch;
        Node* node = nodeAt(fieldOf(piece, "jsonPath").text().plain(scratch));
        if (!node)
            continue;
        if (const json::Value text = fieldOf(piece, "stringValue"); text.isString()) {
            if (node->kind != Node::Kind::Text)
                node->value.clear();
            node->kind = Node::Kind::Text;
            node->value += text.text().escaped();
            continue;
        }
        node->kind = Node::Kind::Other;
        if (const json::Value number = fieldOf(piece, "numberValue"))
            node->value = number.isString() ? number.text().escaped() : number.raw();
        else if (const json::Value flag = fieldOf(piece, "boolValue"))
            node->value = flag.boolean().value_or(false) ? "true" : "false";
        else
            node->value = "null";
    }
}

void PartialArguments::append(std::string& out, const Node& node)
{
    switch (node.kind) {
    case Node::Kind::Empty:
        out += "null";
        return;
    case Node::Kind::Text:
        out += '"';
        out += node.value;
        out += '"';
        return;
    case Node::Kind::Other:
        out += node.value;
        return;
    case Node::Kind::Object:
    case Node::Kind::List:
        break;
    }
    const bool isObject = node.kind == Node::Kind::Object;
    out += isObject ? '{' : '[';
    bool isFirst = true;
    for (const Node& inner : node.inner) {
        if (!isFirst)
            out += ',';
        isFirst = false;
        if (isObject) {
            out += '"';
            out += inner.key;
            out += "\":";
        }
        append(out, inner);
    }
    out += isObject ? '}' : ']';
}

std::string PartialArguments::take()
{
    std::string out;
    if (m_root.kind == Node::Kind::Object)
        append(out, m_root);
    else
        out = "{}";
    m_root = Node();
    return out;
}

}
