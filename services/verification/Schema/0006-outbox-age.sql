-- Since when each message waits: due_at moves on with each try. The release before leaves it out of its inserts.
alter table outbox add column enlisted_at timestamptz not null default now();
