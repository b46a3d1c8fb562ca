#include "ui/dialogs/models_dialog.h"

#include "ui/text/format.h"
#include "ui/theme/icons.h"
#include "ui/widgets/build.h"
#include "ui/widgets/tone_delegate.h"

#include <QLineEdit>
#include <QListWidget>

#include <algorithm>

namespace waystation {

ModelsDialog::ModelsDialog(const std::vector<std::string>& offered,
    const std::vector<std::string>& already, QWidget* parent)
    : FormDialog(tr("Models of this channel"), tr("&Use these"), "modelsDialog", parent)
    , m_filter(named(new QLineEdit, "modelsFilter", tr("Filter models")))
    , m_list(named(new QListWidget, "modelsList", tr("Models")))
    , m_count(textLabel(QString(), "muted"))
{
    resize(480, 520);
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->addAction(lineIcon("search", IconTint::Muted), QLineEdit::LeadingPosition);
    content()->addWidget(m_filter);
    std::vector<std::string> all = offered;
    for (const std::string& model : already) {
        if (std::find(all.begin(), all.end(), model) == all.end())
            all.push_back(model);
    }
    for (const std::string& model : all) {
        auto* item = new QListWidgetItem(singleLine(fromUtf8(model)), m_list);
        item->setData(Qt::UserRole, fromUtf8(model));
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setCheckState(std::find(already.begin(), already.end(), model) != already.end()
                ? Qt::Checked
                : Qt::Unchecked);
    }
    m_list->setItemDelegate(new ToneDelegate(m_list));
    content()->addWidget(m_list, 1);
    auto* below = row(8);
    below->addWidget(m_count, 1);
    QPushButton* allShown = pushButton(tr("Choose &all shown"), "chooseAllModels");
    QPushButton* none = pushButton(tr("Choose &none"), "chooseNoModels");
    below->addWidget(allShown);
    below->addWidget(none);
    content()->addLayout(below);
    connect(m_filter, &QLineEdit::textChanged, this, &ModelsDialog::filter);
    connect(m_list, &QListWidget::itemChanged, this, &ModelsDialog::count);
    connect(allShown, &QPushButton::clicked, this, [this] { checkShown(true); });
    connect(none, &QPushButton::clicked, this, [this] { checkShown(false); });
    count();
}

void ModelsDialog::filter(const QString& text)
{
    for (int i = 0; i < m_list->count(); ++i)
        m_list->item(i)->setHidden(
            !m_list->item(i)->text().contains(text.trimmed(), Qt::CaseInsensitive));
}

void ModelsDialog::checkShown(bool checked)
{
    const QSignalBlocker quiet(m_list);
    for (int i = 0; i < m_list->count(); ++i) {
        if (!checked || !m_list->item(i)->isHidden())
            m_list->item(i)->setCheckState(checked ? Qt::Checked : Qt::Unchecked);
    }
    count();
    m_list->viewport()->update();
}

void ModelsDialog::count()
{
    int checked = 0;
    for (int i = 0; i < m_list->count(); ++i)
        checked += m_list->item(i)->checkState() == Qt::Checked ? 1 : 0;
    //: how many of how many models are chosen
    m_count->setText(checked == 0 ? tr("None chosen: any model name is passed on")
                                  : tr("%1 of %2 chosen").arg(checked).arg(m_list->count()));
}

void ModelsDialog::act()
{
    std::vector<std::string> picked;
    for (int i = 0; i < m_list->count(); ++i) {
        if (m_list->item(i)->checkState() == Qt::Checked)
            picked.push_back(toUtf8(m_list->item(i)->data(Qt::UserRole).toString()));
    }
    Q_EMIT chosen(picked);
    accept();
}

}
