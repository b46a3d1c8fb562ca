#include "ui/pages/keys_page.h"

#include "ui/dialogs/client_key_dialog.h"
#include "ui/text/format.h"
#include "ui/widgets/build.h"
#include "ui/widgets/empty_hint.h"
#include "ui/widgets/tone_delegate.h"

#include <QHeaderView>
#include <QStackedWidget>
#include <QTableView>

namespace waystation {

KeysPage::KeysPage(Station& station, Shell& shell)
    : Page(tr("Keys"), station, shell)
    , m_model(makeClientsModel())
    , m_stack(new QStackedWidget)
{
    m_rotate = pushButton(tr("&Rotate"), "rotateClient", "rotate");
    m_revoke = pushButton(tr("Re&voke"), "revokeClient", "trash", "danger");
    QPushButton* create = pushButton(tr("&Create key"), "createClient", "plus", "primary");
    titleRow()->addWidget(m_rotate);
    titleRow()->addWidget(m_revoke);
    titleRow()->addWidget(create);
    body()->addWidget(
        wrappedLabel(tr("A client key lets a program use Waystation. Each program gets its own, so "
                        "that its calls and its spending can be told apart."),
            "muted"));
    auto* empty = new EmptyHint("keys", tr("No client key yet"),
        tr("Create one, give it to a program together with this relay's address, and its calls "
           "appear under Calls."),
        tr("Create &key"), "createFirstClient");
    m_stack->addWidget(empty);
    m_table = named(new QTableView, "clientTable", tr("Client keys"));
    setUpTable(m_table, m_model.get());
    m_table->setItemDelegate(new ToneDelegate(m_table));
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_table->horizontalHeader()->setSectionResizeMode(2, QHeaderView::Stretch);
    m_stack->addWidget(m_table);
    body()->addWidget(m_stack, 1);
    connect(create, &QPushButton::clicked, this, &KeysPage::primaryAction);
    connect(empty, &EmptyHint::actionWanted, this, &KeysPage::primaryAction);
    connect(m_rotate, &QPushButton::clicked, this, &KeysPage::rotate);
    connect(m_revoke, &QPushButton::clicked, this, &KeysPage::revoke);
}

KeysPage::~KeysPage()
{
    m_table->setModel(nullptr);
}

void KeysPage::primaryAction()
{
    ClientKeyDialog::create(station(), this);
}

void KeysPage::refresh()
{
    show(m_usage);
    UsageQuery query{wallNow() - std::chrono::hours(24 * 30), wallNow() + std::chrono::hours(1)};
    query.groupBy = GroupBy::Client;
    station().ledger().usage(query, this, [this](std::vector<UsageRow> rows) {
        m_usage = std::move(rows);
        show(m_usage);
    });
}

void KeysPage::show(const std::vector<UsageRow>& usage)
{
    m_model->setRows(clientRows(station().settings(), usage, wallNow()));
    const bool any = m_model->rowCount() > 0;
    m_stack->setCurrentIndex(any ? 1 : 0);
    m_rotate->setVisible(any);
    m_revoke->setVisible(any);
    if (any && !m_table->currentIndex().isValid())
        m_table->selectRow(0);
}

QString KeysPage::chosen() const
{
    const ClientRow* row = m_model->rowAt(m_table->currentIndex());
    return row ? row->name : QString();
}

void KeysPage::rotate()
{
    if (!chosen().isEmpty())
        ClientKeyDialog::rotate(station(), chosen(), this);
}

void KeysPage::revoke()
{
    const std::string name = toUtf8(chosen());
    std::optional<ClientSettings> client;
    for (const ClientSettings& candidate : station().settings().clients) {
        if (candidate.name == name)
            client = candidate;
    }
    if (!client)
        return;
    const auto done
        = station().change([&name](Settings& settings) { return revokeClient(settings, name); });
    if (!done) {
        showError(tr("The key could not be revoked."), done.error());
        return;
    }
    // Only its fingerprint was ever kept, so putting the entry back makes the same key work again.
    Station* const owner = &station();
    //: a client key's name
    shell().offerUndo(
        tr("%1 is revoked").arg(fromUtf8(name)),
        [owner, client] {
            (void)owner->change([&client](Settings& settings) -> Result<void> {
                settings.clients.push_back(*client);
                return {};
            });
        },
        30);
}

}
