#pragma once

// For the sources of this room and of engine/web_socket.cpp: a JSON text taken apart once, every value in reach and nothing copied.

#include "chat/raw_text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation::json {

class Tree;

enum class Kind : std::uint8_t { Absent, Null, False, True, Number, String, Array, Object };

/// A value, or the absence of one. Null counts as absent where a value is asked for: `if (value)`.
class Value
{
public:
    Value() = default;
    Value(const Tree* tree, std::uint32_t index) : m_tree(tree), m_index(index) { }

    inline Kind kind() const;
    explicit operator bool() const { return kind() > Kind::Null; }
    bool isObject() const { return kind() == Kind::Object; }
    bool isArray() const { return kind() == Kind::Array; }
    bool isString() const { return kind() == Kind::String; }
    bool isTrue() const { return kind() == Kind::True; }

    /// The field of an object; absent for everything else. The first of two with one name.
    Value operator[](std::string_view key) const;
    /// The JSON text of the value; empty when absent.
    inline std::string_view raw() const;
    /// A string's inside, as received; empty for everything else.
    inline RawText text() const;
    /// True for a string that says exactly this.
    bool is(std::string_view word) const { return isString() && text().is(word); }
    /// A short string, unescaped; kept in `store` when it had escapes.
    std::string_view word(TextStore& store) const { return store.plain(text()); }
    /// A number, or a string that is one.
    std::optional<double> number() const;
    std::optional<std::int64_t> integer() const;
    std::optional<bool> boolean() const;
    std::size_t size() const; // elements or fields

    class Iterator;
    /// The elements of an array; none for everything else.
    Iterator begin() const;
    Iterator end() const;
    class Fields;
    /// The fields of an object; none for everything else.
    Fields fields() const;

private:
    friend class Tree;
    const Tree* m_tree = nullptr;
    std::uint32_t m_index = 0;
};

struct Field
{
    RawText key;
    Value value;
};

class Value::Iterator
{
public:
    Iterator(const Tree* tree, std::uint32_t index) : m_tree(tree), m_index(index) { }
    Value operator*() const { return {m_tree, m_index}; }
    inline Iterator& operator++();
    bool operator!=(const Iterator& other) const { return m_index != other.m_index; }

private:
    const Tree* m_tree;
    std::uint32_t m_index;
};

class Value::Fields
{
public:
    class Iterator
    {
    public:
        Iterator(const Tree* tree, std::uint32_t index) : m_tree(tree), m_index(index) { }
        inline Field operator*() const;
        inline Iterator& operator++();
        bool operator!=(const Iterator& other) const { return m_index != other.m_index; }

    private:
        const Tree* m_tree;
        std::uint32_t m_index; // of the key
    };

    Fields(const Tree* tree, std::uint32_t first, std::uint32_t last) : m_tree(tree), m_first(first), m_last(last) { }
    Iterator begin() const { return {m_tree, m_first}; }
    Iterator end() const { return {m_tree, m_last}; }

private:
    const Tree* m_tree;
    std::uint32_t m_first;
    std::uint32_t m_last;
};

/// Keeps its memory from one text to the next. Values are good until the next parse.
class Tree
{
public:
    /// False for what is no JSON: `problem` says what. `text` outlives the values. Nesting is limited to 256.
    bool parse(std::string_view text);
    Value root() const { return {this, 0}; }
    const char* problem() const { return m_problem; }

private:
    friend class Value;
    friend class Value::Iterator;
    friend class Value::Fields;
    struct Node
    {
        std::uint32_t at = 0;
        std::uint32_t length = 0;
        std::uint32_t next = 0; // behind the value and all that is in it
        Kind kind = Kind::Absent;
        bool hasEscapes = false; // a string with a backslash in it
    };

    bool build(const std::uint32_t* starts, std::uint32_t count);

    std::string_view m_text;
    std::vector<Node> m_nodes;
    std::vector<std::uint32_t> m_open;
    const char* m_problem = "";
};

inline Kind Value::kind() const
{
    return m_tree && m_index < m_tree->m_nodes.size() ? m_tree->m_nodes[m_index].kind : Kind::Absent;
}

inline std::string_view Value::raw() const
{
    if (kind() == Kind::Absent)
        return {};
    const Tree::Node& node = m_tree->m_nodes[m_index];
    return m_tree->m_text.substr(node.at, node.length);
}

inline RawText Value::text() const
{
    if (kind() != Kind::String)
        return {};
    const Tree::Node& node = m_tree->m_nodes[m_index];
    return RawText(m_tree->m_text.substr(node.at + 1, node.length - 2));
}

inline Value::Iterator& Value::Iterator::operator++()
{
    m_index = m_tree->m_nodes[m_index].next;
    return *this;
}

inline Field Value::Fields::Iterator::operator*() const
{
    return {Value(m_tree, m_index).text(), Value(m_tree, m_index + 1)};
}

inline Value::Fields::Iterator& Value::Fields::Iterator::operator++()
{
    m_index = m_tree->m_nodes[m_index + 1].next;
    return *this;
}

}
