#include "ui/pages/models_page.h"

#include "ui/dialogs/alias_dialog.h"
#include "ui/text/format.h"
#include "ui/theme/icons.h"
#include "ui/widgets/build.h"
#include "ui/widgets/tone_delegate.h"

#include <QHeaderView>
#include <QLineEdit>
#include <QPointer>
#include <QStackedWidget>
#include <QTableView>

namespace waystation {

ModelsPage::ModelsPage(Station& station, Shell& shell)
    : Page(tr("Models"), station, shell)
    , m_aliases(makeAliasesModel())
    , m_models(makeModelsModel())
{
    QPushButton* add = pushButton(tr("&Add alias"), "addAlias", "plus", "primary");
    titleRow()->addWidget(add);
    connect(add, &QPushButton::clicked, this, &ModelsPage::primaryAction);
    body()->addWidget(makeAliases(), 2);
    body()->addWidget(makeServed(), 3);
}

ModelsPage::~ModelsPage()
{
    m_aliasTable->setModel(nullptr);
    m_modelTable->setModel(nullptr);
}

QWidget* ModelsPage::makeAliases()
{
    QFrame* card = cardFrame();
    QVBoxLayout* layout = column(card, 16, 8);
    auto* top = row(8);
    top->addWidget(titleLabel(tr("Aliases"), 1.05));
    top->addStretch(1);
    m_edit = pushButton(tr("&Edit"), "editAlias", "edit");
    m_remove = pushButton(tr("Re&move"), "removeAlias", "trash");
    top->addWidget(m_edit);
    top->addWidget(m_remove);
    layout->addLayout(top);
    m_aliasTable = named(new QTableView, "aliasTable", tr("Aliases"));
    setUpTable(m_aliasTable, m_aliases.get());
    m_aliasTable->setItemDelegate(new ToneDelegate(m_aliasTable));
    m_aliasTable->horizontalHeader()->resizeSection(0, 160);
    m_aliasTable->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Stretch);
    m_aliasTable->horizontalHeader()->resizeSection(2, 230);
    m_aliasTable->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_aliasTable->setMinimumHeight(100);
    m_aliasStack = new QStackedWidget;
    auto* empty = new QWidget;
    QVBoxLayout* emptyLayout = column(empty, 0, 0);
    emptyLayout->addWidget(
        wrappedLabel(tr("No alias yet. An alias lets a client ask for one name and get any model "
                        "of any channel, with others to fall back on."),
            "muted"));
    emptyLayout->addStretch(1);
    m_aliasStack->addWidget(empty);
    m_aliasStack->addWidget(m_aliasTable);
    layout->addWidget(m_aliasStack, 1);
    connect(m_edit, &QPushButton::clicked, this, &ModelsPage::editAlias);
    connect(m_remove, &QPushButton::clicked, this, &ModelsPage::removeChosen);
    connect(m_aliasTable, &QTableView::doubleClicked, this, &ModelsPage::editAlias);
    return card;
}

QWidget* ModelsPage::makeServed()
{
    QFrame* card = cardFrame();
    QVBoxLayout* layout = column(card, 16, 8);
    auto* top = row(8);
    top->addWidget(titleLabel(tr("Models of your channels"), 1.05));
    top->addWidget(textLabel(tr("prices per million tokens"), "muted"));
    top->addStretch(1);
    m_filter = named(new QLineEdit, "modelFilter", tr("Filter models"));
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setFixedWidth(180);
    m_filter->addAction(lineIcon("search", IconTint::Muted), QLineEdit::LeadingPosition);
    top->addWidget(m_filter);
    layout->addLayout(top);
    m_modelTable = named(new QTableView, "modelTable", tr("Models of your channels"));
    setUpTable(m_modelTable, m_models.get());
    m_modelTable->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_modelTable->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    layout->addWidget(m_modelTable, 1);
    connect(m_filter, &QLineEdit::textChanged, this, &Page::refreshNow);
    return card;
}

void ModelsPage::primaryAction()
{
    auto* dialog = new AliasDialog(station(), {}, this);
    dialog->open();
}

void ModelsPage::focusFilter()
{
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

void ModelsPage::refresh()
{
    const Settings& settings = station().settings();
    m_aliases->setRows(aliasRows(settings));
    m_aliasStack->setCurrentIndex(m_aliases->rowCount() > 0 ? 1 : 0);
    if (m_aliases->rowCount() > 0 && !m_aliasTable->currentIndex().isValid())
        m_aliasTable->selectRow(0);
    m_edit->setEnabled(m_aliases->rowCount() > 0);
    m_remove->setEnabled(m_aliases->rowCount() > 0);
    std::vector<ModelRow> rows = modelRows(settings, station().prices(), wallNow());
    const QString filter = m_filter->text().trimmed();
    if (!filter.isEmpty())
        rows.erase(std::remove_if(rows.begin(), rows.end(),
                       [&filter](const ModelRow& row) {
                           return !row.model.contains(filter, Qt::CaseInsensitive)
                               && !row.channel.contains(filter, Qt::CaseInsensitive);
                       }),
            rows.end());
    m_models->setRows(std::move(rows));
}

std::optional<AliasSettings> ModelsPage::chosen() const
{
    const AliasRow* row = m_aliases->rowAt(m_aliasTable->currentIndex());
    if (!row)
        return std::nullopt;
    for (const AliasSettings& alias : station().settings().aliases) {
        if (alias.name == toUtf8(row->name))
            return alias;
    }
    return std::nullopt;
}

void ModelsPage::editAlias()
{
    if (const auto alias = chosen()) {
        auto* dialog = new AliasDialog(station(), *alias, this);
        dialog->open();
    }
}

void ModelsPage::removeChosen()
{
    const auto alias = chosen();
    if (!alias)
        return;
    const auto done = station().change(
        [&alias](Settings& settings) { return removeAlias(settings, alias->name); });
    if (!done) {
        showError(tr("The alias could not be removed."), done.error());
        return;
    }
    Station* const owner = &station();
    //: an alias
    shell().offerUndo(tr("%1 is removed").arg(fromUtf8(alias->name)), [owner, alias] {
        (void)owner->change([&alias](Settings& settings) { return setAlias(settings, *alias); });
    });
}

}
