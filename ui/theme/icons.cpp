#include "ui/theme/icons.h"

#include "ui/theme/colours.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

static void initIconResource()
{
    Q_INIT_RESOURCE(icons);
}

namespace waystation {

namespace {

QByteArray svgOf(const QString& name)
{
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QPixmap rendered(const QString& name, const QColor& colour, QSize pixels)
{
    const QString key = QStringLiteral("waystation/%1/%2/%3x%4")
                            .arg(name, colour.isValid() ? colour.name(QColor::HexArgb) : QString())
                            .arg(pixels.width())
                            .arg(pixels.height());
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap))
        return pixmap;
    QByteArray svg = svgOf(name);
    if (colour.isValid())
        svg.replace("currentColor", colour.name().toLatin1());
    QSvgRenderer renderer(svg);
    pixmap = QPixmap(pixels);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    if (colour.isValid())
        painter.setOpacity(colour.alphaF());
    renderer.render(&painter);
    painter.end();
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

class SvgIconEngine : public QIconEngine
{
public:
    SvgIconEngine(QString name, std::optional<IconTint> tint)
        : m_name(std::move(name))
        , m_tint(tint)
    {
    }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override
    {
        const qreal scale = painter->device() ? painter->device()->devicePixelRatio() : 1.0;
        painter->drawPixmap(
            rect, rendered(m_name, colourFor(mode), (QSizeF(rect.size()) * scale).toSize()));
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) override
    {
        return rendered(m_name, colourFor(mode), size);
    }

    QIconEngine* clone() const override { return new SvgIconEngine(*this); }

    QString key() const override { return QStringLiteral("waystation-svg"); }

    bool isNull() override { return false; }

private:
    QColor colourFor(QIcon::Mode mode) const
    {
        if (!m_tint)
            return {};
        const QPalette palette = QGuiApplication::palette();
        const Colours& colours = coloursOf(palette);
        if (mode == QIcon::Disabled)
            return colours.faint;
        switch (*m_tint) {
        case IconTint::Text:
            return colours.text;
        case IconTint::Muted:
            return colours.muted;
        case IconTint::Accent:
            return colours.accent;
        case IconTint::OnAccent:
            return colours.onAccent;
        case IconTint::Bad:
            break;
        }
        return colours.badText;
    }

    QString m_name;
    std::optional<IconTint> m_tint;
};

}

QIcon lineIcon(const char* name, IconTint tint)
{
    return QIcon(new SvgIconEngine(QString::fromLatin1(name), tint));
}

QIcon colourIcon(const char* name)
{
    // Fixed pictures: some trays take only pixmaps that they can list.
    QIcon icon;
    for (const int size : {16, 22, 24, 32, 48, 64, 128})
        icon.addPixmap(rendered(QString::fromLatin1(name), QColor(), QSize(size, size)));
    return icon;
}

QPixmap linePixmap(const char* name, const QColor& colour, int size, qreal scale)
{
    const int pixels = qRound(size * scale);
    QPixmap pixmap = rendered(QString::fromLatin1(name), colour, QSize(pixels, pixels));
    pixmap.setDevicePixelRatio(scale);
    return pixmap;
}

void loadIcons()
{
    initIconResource();
}

}
