Console.WriteLine("lucid");
