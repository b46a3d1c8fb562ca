#pragma once

// For the sources of this room only: arguments that come in pieces, each with its place.

#include "dialect/tree.h"

#include <string>
#include <vector>

namespace waystation::gemini {

/// Puts functionCall.partialArgs together: [{"jsonPath":"$.a[0]","stringValue":"..."}...]. A text
/// that goes on comes again under its path.
class PartialArguments
{
public:
    void add(json::Value partialArgs);
    /// What has come, as a JSON object; starts anew.
    std::string take();

private:
    struct Node
    {
        enum class Kind { Empty, Object, List, Text, Other };

        Kind kind = Kind::Empty;
        std::string key; // inside an object, escaped
        std::string value; // Text: escaped; Other: JSON
        std::vector<Node> inner;
    };

    Node* nodeAt(std::string_view path);
    static Node& memberOf(Node& object, std::string key);
    static Node* elementOf(Node& list, std::size_t index);
    static void append(std::string& out, const Node& node);

    Node m_root;
};

}
