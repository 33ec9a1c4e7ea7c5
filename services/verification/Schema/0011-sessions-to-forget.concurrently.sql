-- Whose number has to go next, where retention says so.
create index concurrently verifications_to_forget on verifications (ended_at) where callee <> 'erased' and ended_at is not null;
