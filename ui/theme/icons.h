#pragma once

#include <QColor>
#include <QIcon>
#include <QPixmap>
#include <QString>

namespace waystation {

/// How an icon is tinted; the colour is taken when it is painted, so a theme change needs no new
/// icons.
enum class IconTint { Text, Muted, Accent, OnAccent, Bad };

/// One of resources/icons' line icons ("plus"). Crisp at every size and scale.
QIcon lineIcon(const char* name, IconTint tint = IconTint::Text);
/// A picture in its own colours ("tray_serving", "waystation").
QIcon colourIcon(const char* name);
/// The line icon as a picture.
QPixmap linePixmap(const char* name, const QColor& colour, int size, qreal scale);
/// Makes the icons known to this program; call once before the first icon.
void loadIcons();

}
