# Throw-away servers for the tests: PostgreSQL, PgBouncer in front of it, MariaDB. Sourced by tests/run.
#
# Each lives in a temporary folder and listens on a free port of 127.0.0.1 and on a socket in that
# folder. No server that already runs on the machine is touched. `start_servers` exports
#
#   DBMIG_TEST_POSTGRES_URL    database `postgres` as superuser, also over TLS as `localhost`
#   DBMIG_TEST_POSTGRES_CA     the authority that its certificate, for `localhost` only, is checked with
#   DBMIG_TEST_PGBOUNCER_URL   the same, and every other database, in transaction mode
#   DBMIG_TEST_MARIADB_URL     database `mysql` as root
#
# and `stop_servers` stops and deletes everything.

servers=
server_pids=()

# Debian keeps PostgreSQL's own programs off the PATH; the newest version is taken.
postgres_programs() {
    local dir
    dir=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    if [ -x "$dir/initdb" ]; then
        echo "$dir"
    elif command -v initdb > /dev/null; then
        dirname "$(command -v initdb)"
    fi
}

# What is missing, as Debian's packages.
missing_packages() {
    if [ -z "$(postgres_programs)" ]; then echo postgresql; fi
    if ! command -v pgbouncer > /dev/null; then echo pgbouncer; fi
    if ! command -v mariadbd > /dev/null || ! command -v mariadb-install-db > /dev/null; then
        echo mariadb-server
    fi
    if ! command -v mariadb > /dev/null; then echo mariadb-client; fi
    if ! command -v openssl > /dev/null; then echo openssl; fi
    # Not a server: it shows what the build script does.
    if ! command -v strace > /dev/null; then echo strace; fi
}

# Installs packages and starts none of their services.
install_packages() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
        echo "tests/run: missing: $*; install it with the system's package manager: apt-get install $*" >&2
        exit 1
    fi
    echo "tests/run: apt-get install $*" >&2
    local policy=/usr/sbin/policy-rc.d log status=0
    log=$(mktemp)
    if [ -e "$policy" ]; then
        policy=
    else
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod +x "$policy"
    fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@"; } \
        > "$log" 2>&1 < /dev/null || status=$?
    if [ -n "$policy" ]; then rm -f "$policy"; fi
    if [ "$status" != 0 ]; then cat "$log" >&2; fi
    rm -f "$log"
    if [ "$status" != 0 ]; then
        echo "tests/run: apt-get install $* failed" >&2
        exit 1
    fi
}

# A port that nobody listens on, below those that the system gives to clients.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
            echo "$port"
            return
        fi
    done
}

# wait_for NAME LOG PID COMMAND...: until the command succeeds; fails when the server has ended.
wait_for() {
    local name=$1 log=$2 pid=$3
    shift 3
    for _ in $(seq 300); do
        if "$@" > /dev/null 2>&1; then return; fi
        if ! kill -0 "$pid" 2> /dev/null; then break; fi
        sleep 0.1
    done
    tail -n 20 "$log" >&2
    echo "tests/run: $name does not start" >&2
    exit 1
}

# A certificate authority and a certificate for `localhost`, and not for 127.0.0.1.
make_certificate() {
    local dir=$1
    (
        cd "$dir"
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=dbmig test authority" \
            -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.crt
        openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout server.key -out server.csr
        printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' > server.ext
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
            -extfile server.ext -out server.crt
        chmod 600 server.key
    ) > "$dir/openssl.log" 2>&1 || { cat "$dir/openssl.log" >&2; exit 1; }
}

start_postgres() {
    local dir=$servers/postgres port
    port=$(free_port)
    mkdir "$dir"
    make_certificate "$dir"
    own "$dir"
    "${as_server[@]}" initdb --pgdata="$dir/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C --no-sync > "$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
    "${as_server[@]}" postgres -D "$dir/data" -c port="$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories="$dir" -c max_connections=400 -c wal_level=logical \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c lc_messages=C \
        -c ssl=on -c ssl_cert_file="$dir/server.crt" -c ssl_key_file="$dir/server.key" \
        >> "$dir/log" 2>&1 < /dev/null &
    server_pids+=($!)
    postgres_port=$port
    wait_for PostgreSQL "$dir/log" $! psql -qX -h 127.0.0.1 -p "$port" -U postgres -c "SELECT 1"
    export DBMIG_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
    export DBMIG_TEST_POSTGRES_CA="$dir/ca.crt"
}

start_pgbouncer() {
    local dir=$servers/pgbouncer port
    port=$(free_port)
    mkdir "$dir"
    echo '"postgres" ""' > "$dir/users"
    cat > "$dir/pgbouncer.ini" << EOF
[databases]
* = host=127.0.0.1 port=$postgres_port
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/users
auth_user = postgres
pool_mode = transaction
default_pool_size = 3
max_client_conn = 400
ignore_startup_parameters = extra_float_digits
# A dropped database must not be held by an idle connection.
server_idle_timeout = 1
EOF
    own "$dir"
    "${as_server[@]}" pgbouncer "$dir/pgbouncer.ini" > "$dir/log" 2>&1 < /dev/null &
    server_pids+=($!)
    wait_for PgBouncer "$dir/log" $! psql -qX -h 127.0.0.1 -p "$port" -U postgres -c "SELECT 1"
    export DBMIG_TEST_PGBOUNCER_URL="postgres://postgres@127.0.0.1:$port/postgres"
}

start_mariadb() {
    local dir=$servers/mariadb port
    port=$(free_port)
    mkdir "$dir"
    own "$dir"
    "${as_server[@]}" mariadb-install-db --no-defaults --datadir="$dir/data" --tmpdir="$dir" \
        --auth-root-authentication-method=normal --skip-test-db > "$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
    "${as_server[@]}" mariadbd --no-defaults --datadir="$dir/data" --tmpdir="$dir" \
        --bind-address=127.0.0.1 --port="$port" --socket="$dir/socket" --pid-file="$dir/pid" \
        --skip-log-bin --max-connections=400 --character-set-server=utf8mb4 \
        --innodb-flush-log-at-trx-commit=0 >> "$dir/log" 2>&1 < /dev/null &
    server_pids+=($!)
    wait_for MariaDB "$dir/log" $! mariadb --no-defaults -h 127.0.0.1 -P "$port" -u root -e "SELECT 1"
    export DBMIG_TEST_MARIADB_URL="mysql://root@127.0.0.1:$port/mysql"
}

# Gives a folder to the user that the servers run as.
own() {
    if [ "$(id -u)" = 0 ]; then chown -R nobody "$1"; fi
}

start_servers() {
    local missing
    # Debian gives the folders of the servers' programs to root only.
    PATH=$PATH:/usr/local/sbin:/usr/sbin
    mapfile -t missing < <(missing_packages)
    if [ "${#missing[@]}" != 0 ]; then
        install_packages "${missing[@]}"
        mapfile -t missing < <(missing_packages)
        if [ "${#missing[@]}" != 0 ]; then
            echo "tests/run: still missing after the installation: ${missing[*]}" >&2
            exit 1
        fi
    fi
    # The programs that match the server: tests dump with them.
    PATH=$(postgres_programs):$PATH
    export PATH

    # Short, because the path of a socket has little room.
    servers=$(mktemp -d /tmp/dbmig-servers-XXXXXX)
    chmod 755 "$servers"
    # No server starts as root, and none outlives this shell.
    as_server=(setpriv --pdeathsig KILL)
    if [ "$(id -u)" = 0 ]; then
        as_server+=(--reuid nobody --regid "$(id -gn nobody)" --clear-groups)
    fi
    cd "$servers"
    start_postgres
    start_pgbouncer
    start_mariadb
    cd - > /dev/null
}

stop_servers() {
    # They are deleted next: there is nothing to save.
    if [ "${#server_pids[@]}" != 0 ]; then
        kill -KILL "${server_pids[@]}" 2> /dev/null || true
        wait "${server_pids[@]}" 2> /dev/null || true
    fi
    server_pids=()
    # PostgreSQL's own processes see that it is gone, and end.
    for _ in 1 2 3 4 5; do
        if [ -z "$servers" ] || rm -rf "$servers" 2> /dev/null; then break; fi
        sleep 0.2
    done
    servers=
}
