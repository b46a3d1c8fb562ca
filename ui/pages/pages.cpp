#include "ui/pages/pages.h"

#include "ui/pages/calls_page.h"
#include "ui/pages/channels_page.h"
#include "ui/pages/keys_page.h"
#include "ui/pages/models_page.h"
#include "ui/pages/overview_page.h"
#include "ui/pages/settings_page.h"

#include <QCoreApplication>

namespace waystation {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(Pages)
};

template <class P> std::function<Page*(Station&, Shell&)> maker()
{
    return [](Station& station, Shell& shell) { return new P(station, shell); };
}

}

std::vector<PageEntry> pages()
{
    return {
        {PageId::Overview, "overview", "overview", Words::tr("Overview"), maker<OverviewPage>()},
        {PageId::Channels, "channels", "channels", Words::tr("Channels"), maker<ChannelsPage>()},
        {PageId::Models, "models", "models", Words::tr("Models"), maker<ModelsPage>()},
        {PageId::Keys, "keys", "keys", Words::tr("Keys"), maker<KeysPage>()},
        {PageId::Calls, "calls", "calls", Words::tr("Calls"), maker<CallsPageView>()},
        {PageId::Settings, "settings", "settings", Words::tr("Settings"), maker<SettingsPage>()},
    };
}

}
