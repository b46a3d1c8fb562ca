#pragma once

// For the sources of this room only: multipart/form-data, read in place.

#include "base/error.h"

#include <functional>
#include <string>
#include <string_view>

namespace waystation {

/// The boundary of a multipart content type, empty when there is none.
std::string formBoundary(std::string_view contentType);

struct FormPart
{
    std::string_view name;
    std::string_view value;
    bool isFile = false;
};

/// Calls `each` for every part. Errors: BadRequest for a form that is not whole or can be read in
/// two ways.
Result<void> readForm(std::string_view body, std::string_view boundary,
    const std::function<void(const FormPart&)>& each);

}
