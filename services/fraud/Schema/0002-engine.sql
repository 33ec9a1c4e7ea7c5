-- What the engine counts and decides on. The table requests stays for replicas of the release before, which go on to count in it; this
-- release writes nothing there, deletes what is older than a day, and a later one drops it.

-- Sums by time bucket, as services/fraud/Counting has them. One row has all measures of a subject in one bucket. Rows of subjects that many
-- requests share are split in shards, so that requests do not wait for each other's commit; who reads adds them up.
create table counters (
    -- The first 16 bytes of the SHA-256 of kind and subject: short and of one length. It hides nothing: docs/decisions/0010.
    key uuid not null,
    -- Length of the bucket in seconds; the bucket as Unix time in such lengths.
    grain smallint not null,
    bucket integer not null,
    shard smallint not null,
    -- SubjectKind, which says with grain how long the row is kept.
    kind smallint not null,
    requests integer not null,
    rings integer not null,
    verified integer not null,
    open integer not null,
    calls integer not null,
    answered integer not null,
    reported integer not null,
    wrong_reports integer not null,
    new_numbers integer not null,
    -- Millionths of the policy's currency.
    spend bigint not null,
    refused integer not null,
    narrower_blocks integer not null,
    primary key (key, grain, bucket, shard)
) with (fillfactor = 80);

create index counters_age on counters (kind, grain, bucket);

-- One row a session that was assessed: the request as the engine saw it, so that what becomes of it can be counted on the same subjects, and
-- the answer, so that a repeat gets the very same. The request is personal data and goes with the longest window of its number.
create table assessments (
    verification_id uuid primary key,
    requested_at timestamptz not null,
    request jsonb not null,
    -- RiskAssessed, without personal data.
    answer jsonb not null,
    -- How its end is counted, as feedback left it; null while it has not ended, or ended without a call.
    counted_verified boolean,
    -- What feedback says; null without any.
    genuine boolean
) with (fillfactor = 90);

create index assessments_requested_at on assessments (requested_at);

-- What became of sessions, each piece of news once. Without personal data.
create table outcomes (
    verification_id uuid not null,
    -- The attempt whose call it is; the session itself for its end.
    id uuid not null,
    at timestamptz not null,
    news jsonb not null,
    -- False while the session has not been assessed: news may be faster than a request that waits.
    counted boolean not null,
    primary key (verification_id, id)
);

create index outcomes_at on outcomes (at);

-- The newest block of each subject, standing or lifted; it is forgotten when the policy's memory of blocks has passed.
create table blocks (
    kind smallint not null,
    subject text not null,
    -- A new one each time that the subject is blocked anew.
    id uuid not null unique,
    reason text not null,
    raised_at timestamptz not null,
    -- When it lifts by itself, or was lifted.
    until timestamptz not null,
    level integer not null,
    policy_version text,
    -- The application of the operator who raised or lifted it; null for the engine and the time.
    raised_by text,
    note text,
    lifted_by text,
    lift_reason text,
    primary key (kind, subject)
);

create index blocks_until on blocks (until);

-- Events about blocks that are to be published, each by exactly one replica, and then deleted. Of a block that stands, its lifting is due at
-- its end.
create table block_news (
    block_id uuid not null,
    -- 1 raised, 2 lifted.
    what smallint not null,
    due_at timestamptz not null,
    event jsonb not null,
    primary key (block_id, what)
);

create index block_news_due on block_news (due_at);

-- Safe and block list. The subjects of people stand in plain: an operator put them there and has to find them again.
create table list_entries (
    id uuid primary key,
    -- ListKind.
    list smallint not null,
    kind smallint not null,
    subject text not null,
    -- The application it holds for; null for all.
    application_id text,
    reason text not null,
    expires_at timestamptz,
    added_at timestamptz not null,
    added_by text not null
);

create unique index list_entries_once on list_entries (kind, subject, list, coalesce(application_id, ''));
create index list_entries_expires_at on list_entries (expires_at) where expires_at is not null;

-- The operators' policies, never changed.
create table policies (
    number integer primary key,
    document jsonb not null,
    note text,
    created_at timestamptz not null,
    -- Null for the settings.
    created_by text
);

-- Which policy was active since when; the newest row holds.
create table policy_activations (
    id bigint generated always as identity primary key,
    number integer not null references policies (number),
    activated_at timestamptz not null,
    activated_by text
);
