-- One row a session: its request as the velocity rules count it, and the answer, so that a repeat gets the very same. Number and address
-- are personal data: rows are deleted when the longest window of the policy has passed (a day by default, an hour at least).
-- They stand in plain; docs/decisions/0010-numbers-in-plain-for-a-day.md says why.
create table requests (
    verification_id uuid primary key,
    requested_at timestamptz not null,
    number text not null,
    -- IPv4 /32 or IPv6 /64, and the /24 or /48 around it; null when the client's public address is not known.
    address cidr,
    network cidr,
    -- Whether the phone may ring for it: true until it is blocked. What never rang does not count against the number.
    rings boolean not null default true,
    -- RiskAssessed as JSON, no personal data in it; null between counting and answering.
    answer jsonb
);

create index requests_number on requests (number, requested_at) where rings;
create index requests_address on requests (address, requested_at) where address is not null;
create index requests_network on requests (network, requested_at) where network is not null;
create index requests_requested_at on requests (requested_at);
