-- Where applications want to be told what happened.
create table webhooks (
    id                    uuid primary key,
    application_id        text not null references applications (id) on delete cascade,
    url                   text not null,
    events                text[] not null,
    enabled               boolean not null,
    -- Why it was switched off where the application did not do it: 'gone' for a receiver that answered 410.
    disabled_reason       text,
    -- 32 bytes, encrypted (AES-256-GCM) under the setting Gateway:SecretsKey for this webhook alone.
    secret                bytea not null,
    previous_secret       bytea,
    previous_secret_until timestamptz,
    version               bigint not null default 1,
    created_at            timestamptz not null,
    changed_at            timestamptz not null,
    check ((previous_secret is null) = (previous_secret_until is null))
);

create index webhooks_application on webhooks (application_id);

-- What each receiver is to be told, once a receiver, session and type, whoever hears of it how often.
create table deliveries (
    id              uuid primary key,
    application_id  text not null references applications (id) on delete cascade,
    -- The receiver: the webhook's id, or 'sinch:' and the application. Deliveries to one receiver share its room.
    receiver        text not null,
    webhook_id      uuid references webhooks (id) on delete cascade,
    -- Of a callback of the Sinch-compatible surface, which has no webhook: where to, and the headers that do not depend on the moment.
    url             text,
    headers         jsonb,
    verification_id uuid not null,
    type            text not null,
    body            bytea not null,
    status          text not null check (status in ('pending', 'delivered', 'failed')),
    -- All attempts ever made; those since series_began, which the waiting times go by.
    attempts        integer not null default 0,
    tries           integer not null default 0,
    series_began    timestamptz not null,
    -- When it is to be sent. Whoever takes it sets this to the end of its lease: then another may take it.
    due_at          timestamptz,
    created_at      timestamptz not null,
    finished_at     timestamptz,
    -- W3C traceparent of what caused it.
    trace           text,
    unique (receiver, verification_id, type),
    check ((status = 'pending') = (due_at is not null)),
    check ((status = 'pending') = (finished_at is null)),
    check ((webhook_id is null) = (url is not null))
);

create index deliveries_due on deliveries (receiver, due_at) where due_at is not null;
create index deliveries_application on deliveries (application_id);
create index deliveries_webhook on deliveries (webhook_id, id) where webhook_id is not null;
create index deliveries_finished on deliveries (finished_at) where finished_at is not null;

-- Written before the request is sent; one without a duration is under way, or its process is gone.
create table delivery_attempts (
    delivery_id uuid not null references deliveries (id) on delete cascade,
    number      integer not null,
    at          timestamptz not null,
    duration_ms integer,
    status_code integer,
    error       text,
    -- The beginning of the answer, as text without control characters. A stranger wrote it.
    response    text,
    primary key (delivery_id, number)
);
