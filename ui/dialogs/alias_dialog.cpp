#include "ui/dialogs/alias_dialog.h"

#include "provider/provider.h"
#include "relay/practice.h"
#include "ui/models/aliases_model.h"
#include "ui/text/format.h"
#include "ui/widgets/build.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QSpinBox>

namespace waystation {

AliasDialog::AliasDialog(Station& station, AliasSettings alias, QWidget* parent)
    : FormDialog(alias.name.empty() ? tr("Add alias") : tr("Edit alias"),
        alias.name.empty() ? tr("&Add alias") : tr("&Save"), "aliasDialog", parent)
    , m_station(station)
    , m_oldName(alias.name)
    , m_name(named(new QLineEdit, "aliasName", tr("Alias")))
    , m_targets(nullptr)
    , m_rejects(named(new QCheckBox(tr("&Refuse calls that would lose something in translation")),
          "aliasRejectsLosses", tr("Refuse calls that would lose something in translation")))
    , m_explanation(wrappedLabel(QString(), "muted"))
{
    resize(760, 460);
    QFormLayout* form = formLayout(nullptr);
    m_name->setText(fromUtf8(alias.name));
    m_name->setPlaceholderText(tr("A name that clients ask for; may hold one *"));
    m_name->setMaxLength(200);
    form->addRow(tr("&Alias"), m_name);
    alignLabels(form);
    content()->addLayout(form);
    auto* top = row(8);
    top->addWidget(titleLabel(tr("Targets"), 1.0));
    top->addStretch(1);
    QPushButton* add = pushButton(tr("Add &target"), "addTarget", "plus");
    top->addWidget(add);
    content()->addLayout(top);
    auto* area = named(new QScrollArea, "targetsScroll", tr("Targets"));
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* inside = withRole(new QWidget, "clear");
    QVBoxLayout* around = column(inside, 0, 8);
    m_targets = column(nullptr, 0, 8);
    around->addLayout(m_targets);
    around->addStretch(1);
    area->setWidget(inside);
    content()->addWidget(area, 1);
    m_rejects->setChecked(alias.rejectsLosses);
    m_rejects->setToolTip(tr("When the upstream speaks another protocol that cannot say all of a call, the call "
                             "fails and names the field; otherwise it goes on and the loss is noted"));
    content()->addWidget(m_rejects);
    content()->addWidget(m_explanation);
    connect(add, &QPushButton::clicked, this, [this] { addTarget({}); });
    connect(m_name, &QLineEdit::textChanged, this, &AliasDialog::explain);
    for (const AliasTargetSettings& target : alias.targets)
        addTarget(target);
    if (alias.targets.empty())
        addTarget({});
    m_name->setFocus();
    explain();
}

void AliasDialog::addTarget(const AliasTargetSettings& target)
{
    auto* box = new QWidget;
    QVBoxLayout* outer = column(box, 0, 4);
    auto* line = row(8);
    const int number = ++m_made;
    const auto numbered
        = [number](const char* name) { return QByteArray(name) + QByteArray::number(number); };
    TargetRow fields{box, new QComboBox, new QComboBox, new QSpinBox, new QSpinBox,
        wrappedLabel(QString(), "warn")};
    named(fields.channel, numbered("targetChannel"), tr("Channel"));
    for (const ChannelSettings& channel : m_station.settings().channels)
        fields.channel->addItem(fromUtf8(channel.name));
    if (!target.channel.empty()) {
        if (fields.channel->findText(fromUtf8(target.channel)) < 0)
            fields.channel->addItem(fromUtf8(target.channel));
        fields.channel->setCurrentText(fromUtf8(target.channel));
    }
    fields.channel->setMinimumContentsLength(10);
    fields.channel->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    named(fields.model, numbered("targetModel"), tr("Model"));
    fields.model->setEditable(true);
    fields.model->setInsertPolicy(QComboBox::NoInsert);
    fields.model->setMinimumContentsLength(14);
    fields.model->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    fields.model->lineEdit()->setPlaceholderText(tr("Model"));
    fields.model->lineEdit()->setObjectName(QString::fromLatin1(numbered("targetModelEdit")));
    fields.model->lineEdit()->setAccessibleName(tr("Model"));
    named(fields.tier, numbered("targetTier"), tr("Order"));
    fields.tier->setRange(1, 99);
    //: order of a target: 1 is asked first
    fields.tier->setPrefix(tr("order "));
    fields.tier->setToolTip(tr("1 is asked first; targets of one order share by weight"));
    fields.tier->setValue(
        target.channel.empty() ? static_cast<int>(m_rows.size()) + 1 : target.tier + 1);
    named(fields.weight, numbered("targetWeight"), tr("Weight"));
    fields.weight->setRange(0, 1000);
    fields.weight->setPrefix(tr("weight "));
    fields.weight->setValue(target.weight);
    QToolButton* remove = iconButton(tr("Remove this target"), numbered("removeTarget"), "trash");
    line->addWidget(fields.channel, 3);
    line->addWidget(fields.model, 4);
    line->addWidget(fields.tier);
    line->addWidget(fields.weight);
    line->addWidget(remove);
    outer->addLayout(line);
    outer->addWidget(fields.trouble);
    m_targets->addWidget(box);
    fillModels(fields);
    fields.model->setCurrentText(fromUtf8(target.model));
    m_rows.push_back(fields);
    connect(remove, &QToolButton::clicked, this, [this, box] { removeTarget(box); });
    connect(fields.channel, &QComboBox::currentTextChanged, this, [this, fields] {
        fillModels(fields);
        explain();
    });
    connect(fields.model, &QComboBox::editTextChanged, this, &AliasDialog::explain);
    explain();
}

void AliasDialog::removeTarget(QWidget* box)
{
    m_rows.erase(std::remove_if(m_rows.begin(), m_rows.end(),
                     [box](const TargetRow& row) { return row.box == box; }),
        m_rows.end());
    box->hide();
    box->deleteLater();
    explain();
}

void AliasDialog::fillModels(const TargetRow& fields) const
{
    const QString typed = fields.model->currentText();
    const QSignalBlocker quiet(fields.model);
    fields.model->clear();
    const ChannelSettings* channel
        = findChannel(m_station.settings(), toUtf8(fields.channel->currentText()));
    if (channel) {
        const Provider* provider = findProvider(channel->provider);
        const auto& models = channel->models.empty() && provider && provider->isPractice
            ? practiceModels()
            : channel->models;
        for (const std::string& model : models)
            fields.model->addItem(fromUtf8(model));
    }
    fields.model->setCurrentText(typed);
}

AliasTargetSettings AliasDialog::read(const TargetRow& fields) const
{
    return {toUtf8(fields.channel->currentText()), toUtf8(fields.model->currentText().trimmed()),
        fields.tier->value() - 1, fields.weight->value()};
}

void AliasDialog::explain()
{
    clearProblem();
    QStringList parts;
    for (const TargetRow& fields : m_rows) {
        const AliasTargetSettings target = read(fields);
        const QString trouble
            = target.model.empty() ? QString() : targetTrouble(m_station.settings(), target);
        fields.trouble->setText(trouble);
        fields.trouble->setVisible(!trouble.isEmpty());
        if (!target.model.empty())
            parts << fromUtf8(target.channel) + QStringLiteral(" / ") + fromUtf8(target.model);
    }
    const QString name = m_name->text().trimmed();
    if (name.isEmpty() || parts.isEmpty())
        m_explanation->setText(
            tr("Clients that ask for the alias get the first target that can answer."));
    else
        //: an alias and its targets: what will happen
        m_explanation->setText(tr("%1 goes to %2").arg(name, parts.join(tr(", then "))));
}

void AliasDialog::act()
{
    AliasSettings alias;
    alias.name = toUtf8(m_name->text().trimmed());
    if (alias.name.empty()) {
        showProblem(tr("Give the alias a name."));
        return;
    }
    alias.rejectsLosses = m_rejects->isChecked();
    for (const TargetRow& fields : m_rows) {
        const AliasTargetSettings target = read(fields);
        if (target.model.empty() || target.channel.empty()) {
            showProblem(tr("Each target needs a channel and a model."));
            return;
        }
        alias.targets.push_back(target);
    }
    if (alias.targets.empty()) {
        showProblem(tr("Add at least one target."));
        return;
    }
    if (alias.name != m_oldName) {
        for (const AliasSettings& other : m_station.settings().aliases) {
            if (other.name == alias.name) {
                showProblem(tr("There is an alias of this name already."));
                return;
            }
        }
    }
    const auto done = m_station.change([this, &alias](Settings& settings) -> Result<void> {
        if (!m_oldName.empty() && m_oldName != alias.name) {
            if (const auto removed = removeAlias(settings, m_oldName); !removed)
                return removed.error();
        }
        return setAlias(settings, alias);
    });
    if (done)
        accept();
    else
        showProblem(done.error());
}

}
