-- The trunks of all replicas. A row is never deleted: of a trunk that an operator removed it stays as 'removed', so that the settings do
-- not bring it back at the next start.
create table trunks (
    name        text primary key,
    -- As the operator wrote it, secrets aside; what is left out there has the default of the release that reads it.
    document    jsonb not null,
    -- Password and private key, encrypted (AES-256-GCM) under the setting Dialer:SecretsKey.
    secrets     bytea,
    state       text not null check (state in ('active', 'draining', 'removed')),
    -- Who wrote the document last: the settings may replace what the settings wrote, and nothing else.
    origin      text not null check (origin in ('settings', 'api')),
    -- Higher than all before it with every change of any trunk, so that the highest says whether anything has changed.
    version     bigint not null,
    changed_at  timestamptz not null,
    -- The application that changed it; null for the settings.
    changed_by  text
);

create unique index trunks_version on trunks (version);

create sequence trunk_versions;
