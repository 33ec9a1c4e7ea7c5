System.Console.WriteLine("servers");
