-- Signatures of requests that were taken, so that none is taken twice while its timestamp is good. Unlogged: a row matters for ten
-- minutes at most, and a crash of the server is paid for with those.
create unlogged table used_signatures (
    signature bytea primary key,
    expires_at timestamptz not null
);

create index used_signatures_expires_at on used_signatures (expires_at);
