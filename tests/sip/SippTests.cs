using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>A peer that is not ours: SIPp as the called side, which ends with 0 only if every message was the one it expected.</summary>
public sealed class SippTests
{
    private const int Calls = 50;

    [Fact]
    public async Task Flash_calls_to_SIPp()
    {
        await using var sipp = await Sipp.StartAsync("rings.xml");
        await using var caller = new Callers();

        await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => caller.FlashCallAsync(sipp.Address)));

        await sipp.EndAsync();
    }

    [Fact]
    public async Task Calls_that_SIPp_picks_up_are_acknowledged_and_ended()
    {
        await using var sipp = await Sipp.StartAsync("answers.xml");
        await using var caller = new Callers();

        await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => caller.AnsweredCallAsync(sipp.Address)));

        await sipp.EndAsync();
    }

    /// <summary>Places calls; the responses of each go to a client of its own.</summary>
    private sealed class Callers : IAsyncDisposable
    {
        private readonly SipStack _stack = new(new SipStackOptions(), TimeProvider.System);

        public Callers() => _stack.Start(new ServerLog(), new UdpSipTransport(new IPEndPoint(IPAddress.Loopback, 0)));

        public async Task FlashCallAsync(IPEndPoint address)
        {
            var client = new Statuses((transaction, response) =>
            {
                if (response.Status == 180)
                    ((SipInviteClientTransaction)transaction).Cancel();
            });
            _stack.Invite(Request(address), _stack.HopTo(address), client);

            Assert.Equal(487, await client.Final);
        }

        public async Task AnsweredCallAsync(IPEndPoint address)
        {
            var bye = new Statuses((_, _) => { });
            var ended = false;
            var client = new Statuses((transaction, response) =>
            {
                if (!response.IsSuccess)
                    return;
                var dialog = SipDialog.OfCaller(transaction.Request, response);
                var hop = _stack.HopTo(dialog.NextHop(address));
                _stack.SendAck(dialog.CreateAck(), hop);
                if (!ended)
                    _stack.Send(dialog.CreateRequest(SipMethod.Bye), hop, bye);
                ended = true;
            });
            _stack.Invite(Request(address), _stack.HopTo(address), client);

            Assert.Equal(200, await client.Final);
            Assert.Equal(200, await bye.Final);
        }

        public ValueTask DisposeAsync() => _stack.DisposeAsync();

        private static SipRequest Request(IPEndPoint address) => SipRequest.Create(
            SipMethod.Invite,
            SipUri.Create("+46701740605", address),
            new SipAddress(SipUri.Create("+442079460123", "127.0.0.1")).WithTag(SipId.NewTag()),
            new SipAddress(SipUri.Create("+46701740605", address)),
            SipId.NewCallId(),
            1);
    }

    private sealed class Statuses(Action<SipClientTransaction, SipResponse> onResponse) : ISipClient
    {
        private readonly TaskCompletionSource<int> _final = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<int> Final => _final.Task.WaitAsync(TimeSpan.FromSeconds(20));

        public void OnResponse(SipClientTransaction transaction, SipResponse response)
        {
            onResponse(transaction, response);
            if (!response.IsProvisional)
                _final.TrySetResult(response.Status);
        }

        public void OnFailure(SipClientTransaction transaction, SipClientFailure failure) =>
            _final.TrySetException(new InvalidOperationException(failure.ToString()));
    }

    private sealed class Sipp : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly Task<string> _output;
        private readonly DirectoryInfo _folder;

        private Sipp(Process process, DirectoryInfo folder, IPEndPoint address)
        {
            _process = process;
            _folder = folder;
            _output = process.StandardOutput.ReadToEndAsync();
            Address = address;
        }

        public IPEndPoint Address { get; }

        public static async Task<Sipp> StartAsync(string scenario)
        {
            var address = FreePort();
            var folder = Directory.CreateTempSubdirectory("sipp");
            var file = Path.Combine(AppContext.BaseDirectory, "Scenarios", scenario);
            try
            {
                var arguments = $"-sf {file} -i 127.0.0.1 -p {address.Port} -m {Calls} -nostdin -trace_err";
                var sipp = new Sipp(Process.Start(new ProcessStartInfo("sipp", arguments)
                {
                    WorkingDirectory = folder.FullName,
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                })!, folder, address);
                await sipp.UntilItListensAsync();
                return sipp;
            }
            catch (Win32Exception)
            {
                folder.Delete(recursive: true);
                Assert.Skip("SIPp is not installed; Debian's package is sip-tester.");
                throw;
            }
        }

        public async Task EndAsync()
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await _process.WaitForExitAsync(deadline.Token);
            var errors = string.Concat(_folder.GetFiles().Select(file => File.ReadAllText(file.FullName)));
            Assert.True(_process.ExitCode == 0, $"SIPp ended with {_process.ExitCode}:\n{errors}\n{await _output}");
        }

        public async ValueTask DisposeAsync()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
                await _process.WaitForExitAsync();
            }
            _process.Dispose();
            _folder.Delete(recursive: true);
        }

        private static IPEndPoint FreePort()
        {
            using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
            return (IPEndPoint)socket.Client.LocalEndPoint!;
        }

        private Task UntilItListensAsync() => Eventually.TrueAsync(
            () => _process.HasExited || IPGlobalProperties.GetIPGlobalProperties().GetActiveUdpListeners().Contains(Address),
            "SIPp listens");
    }
}
