-- Where a task was made, so that a program started later can still ask for it.
CREATE TABLE tasks (
    task_id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    key TEXT NOT NULL,
    dialect TEXT NOT NULL,
    made INTEGER NOT NULL,
    call INTEGER NOT NULL
);

CREATE INDEX tasks_made ON tasks (made);
CREATE INDEX tasks_call ON tasks (call);
