#pragma once

#include <QByteArray>
#include <QTest>

#include <string>

/// Compares and shows two texts whatever kind of string they are.
inline QByteArray shown(std::string_view text)
{
    return QByteArray(text.data(), static_cast<qsizetype>(text.size()));
}
